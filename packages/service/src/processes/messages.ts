/** What the first process and its workers say to each other. Connections go with `connection`, as handles. */
import type { MetricValues } from '@sandyq/telemetry';

/** From the first process to a worker. */
export type ToWorker =
  /** A connection to serve comes along. */
  | { readonly kind: 'connection' }
  /** Bytes that all other processes have reserved in the spool. */
  | { readonly kind: 'held-elsewhere'; readonly bytes: number }
  | { readonly kind: 'give-metrics'; readonly question: number }
  /** The answer to `ask-metrics`. */
  | { readonly kind: 'all-metrics'; readonly question: number; readonly text: string };

/** From a worker to the first process. */
export type FromWorker =
  /** It takes connections from now on. */
  | { readonly kind: 'serving' }
  /** It has the connection that was sent first of those not taken yet, and reads it from now on. */
  | { readonly kind: 'took' }
  /** Bytes that this process has reserved in the spool. */
  | { readonly kind: 'holds'; readonly bytes: number }
  /** The answer to `give-metrics`. */
  | { readonly kind: 'metrics'; readonly question: number; readonly values: MetricValues }
  | { readonly kind: 'ask-metrics'; readonly question: number };
