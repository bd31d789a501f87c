/** What was asked for, worked off in the background: no request waits for a whole archive. One process at a time has it. */
import {
  type BackgroundKind,
  type BackgroundRequest,
  endBackgroundRequest,
  type Queryable,
  releaseBackgroundRequest,
  takeBackgroundRequest,
} from '@sandyq/database';
import type { Archive } from '@sandyq/service';
import { explain } from '../admin/refusal.ts';
import { HeldRequest, HOLD_SECONDS } from './held-request.ts';

type Ports = Pick<Archive, 'database' | 'logger' | 'newId'>;

/** What requests of a kind ask for. Whoever begins it anew, or in the middle, comes to the same end. */
export interface RequestedWork {
  readonly kind: BackgroundKind;
  /** Does it, or throws when its signal is aborted. */
  readonly run: (request: BackgroundRequest, run: WorkRun) => Promise<WorkResult>;
}

/** What work is told, and tells. */
export interface WorkRun {
  /** Aborted when the process ends, when another one has the request, and when somebody wants it to stop. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: object) => void;
  /** Ends the request in the transaction that does what it asks for, which fails if another process has the request. */
  readonly endWithin: (client: Queryable, result: object) => Promise<void>;
}

/** What came of it. */
export interface WorkResult {
  readonly result: object;
  /** False: it ended early because of the signal. */
  readonly isWhole: boolean;
}

const UNEXPLAINED = 'It ended early; the log says why: database or store were away, as a rule. Ask again.';

/** Works off the request of this kind that waits longest, if there is one; returns how many it ended. */
export function createRequestedWork(
  archive: Ports,
  work: RequestedWork,
): (signal: AbortSignal) => Promise<number> {
  const { database } = archive;
  const holder = archive.newId();
  return async (signal) => {
    const request = await takeBackgroundRequest(database, work.kind, { holder, holdSeconds: HOLD_SECONDS });
    if (request === undefined) return 0;
    if (request.stopAskedBy !== undefined) {
      await endBackgroundRequest(database, request.requestId, { holder, outcome: 'stopped' });
      return 1;
    }
    const held = new HeldRequest(archive, request, holder);
    try {
      await workOff(archive, { work, request, held, holder }, AbortSignal.any([signal, held.signal]));
    } finally {
      await held.letGo();
    }
    return 1;
  };
}

interface Begun {
  readonly work: RequestedWork;
  readonly request: BackgroundRequest;
  readonly held: HeldRequest;
  readonly holder: string;
}

async function workOff(
  { database, logger }: Ports,
  { work, request, held, holder }: Begun,
  signal: AbortSignal,
): Promise<void> {
  const { requestId } = request;
  const end = (how: Omit<Parameters<typeof endBackgroundRequest>[2], 'holder' | 'progress'>) =>
    endBackgroundRequest(database, requestId, { holder, progress: held.progress, ...how });
  const onProgress = (progress: object): void => {
    held.progress = progress;
  };
  try {
    const endWithin = async (client: Queryable, result: object): Promise<void> => {
      const how = { holder, outcome: 'done', progress: held.progress, result } as const;
      if (!(await endBackgroundRequest(client, requestId, how))) throw new RequestLostError();
    };
    const { result, isWhole } = await work.run(request, { signal, onProgress, endWithin });
    if (isWhole) await end({ outcome: 'done', result });
    else if (held.isStopping) await end({ outcome: 'stopped', result });
    else await releaseBackgroundRequest(database, requestId, holder);
  } catch (error) {
    if (held.isStopping) await end({ outcome: 'stopped' });
    else if (signal.aborted) await releaseBackgroundRequest(database, requestId, holder);
    else {
      logger.warn('background-request-failed', { kind: work.kind, error });
      await end({ outcome: 'failed', failure: explain(error) ?? UNEXPLAINED });
    }
  }
}

/** Another process has the request: what was done for it here is not done. */
class RequestLostError extends Error {
  override readonly name = 'RequestLostError';
}
