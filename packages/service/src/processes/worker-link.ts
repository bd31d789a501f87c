/** A worker's end of the channel to the first process. */
import type { Socket } from 'node:net';
import type { Metrics } from '@sandyq/telemetry';
import type { FromWorker, ToWorker } from './messages.ts';
import type { Peers } from './peers.ts';
import { Questions } from './questions.ts';
import { tellRarely } from './tell-rarely.ts';
import { WORKER_ARGUMENT } from './worker-child.ts';

/** What connects a worker to the first process. */
export interface WorkerLink {
  readonly peers: Peers;
  /** From now on connections come, each to be served. */
  serve(take: (connection: Socket) => void): void;
}

/** Whether this process was started as a worker. */
export function isWorker(): boolean {
  return process.argv[2] === WORKER_ARGUMENT && process.connected;
}

/** Opens it. When the first process ends, in whatever way, so does this one: nobody else gives it connections or ends it. */
export function openWorkerLink(metrics: Metrics): WorkerLink {
  const questions = new Questions<string>();
  let heldElsewhere = 0;
  let take: ((connection: Socket) => void) | undefined;
  process.once('disconnect', () => process.exit(0));
  process.on('message', (received, handle) => {
    const message = received as ToWorker;
    switch (message.kind) {
      case 'connection':
        tell({ kind: 'took' });
        // The client may have left on the way.
        if (handle !== undefined) take?.(handle as Socket);
        break;
      case 'held-elsewhere':
        heldElsewhere = message.bytes;
        break;
      case 'give-metrics':
        void metrics.values().then((values) => tell({ kind: 'metrics', question: message.question, values }));
        break;
      case 'all-metrics':
        questions.answer(message.question, message.text);
        break;
    }
  });
  return {
    peers: {
      isFirst: false,
      holds: tellRarely((bytes) => tell({ kind: 'holds', bytes })),
      heldElsewhere: () => heldElsewhere,
      renderMetrics: async () =>
        (await questions.ask((question) => tell({ kind: 'ask-metrics', question }))) ?? metrics.render(),
    },
    serve: (taker) => {
      take = taker;
      tell({ kind: 'serving' });
    },
  };
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
