/** What a serving process knows of the others of its archive on this machine. */
import type { Metrics } from '@sandyq/telemetry';

/** The other processes that serve the same connections. They share nothing but the database, the store and the spool folder. */
export interface Peers {
  /** Whether this is the process that the others are started by. Work in the background is its only. */
  readonly isFirst: boolean;
  /** Tells the others how many bytes this process has reserved in the spool. */
  holds(bytes: number): void;
  /** Bytes that the others have reserved there, as they were a moment ago. */
  heldElsewhere(): number;
  /** The exposition text of all processes together. */
  renderMetrics(): Promise<string>;
}

/** A process that serves alone. */
export function noPeers(metrics: Metrics): Peers {
  return {
    isFirst: true,
    holds: () => undefined,
    heldElsewhere: () => 0,
    renderMetrics: () => metrics.render(),
  };
}
