/**
 * Works off Storage Commitment requests: two lanes a process, of which one takes small requests only, so that they never wait for a
 * large one. Several processes share the work through claims in the database; what a dead one leaves is taken up when its claim ends.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClaimedCommitment,
  type CommitmentAcceptance,
  claimCommitmentRequest,
  extendCommitmentClaim,
  finishCommitmentRequest,
  forgetCommitments,
} from '@sandyq/database';
import type { Logger } from '@sandyq/telemetry';
import type { StoredBytes } from '../dependencies.ts';
import { MOST_REFERENCES } from './commitment-references.ts';
import { CommitmentFailures } from './commitment-result.ts';
import { verifyReferences } from './verify-references.ts';

/** What the worker works with. */
export interface CommitmentWork {
  /** Its store is read at the rate that is set. */
  readonly stored: StoredBytes;
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/** Requests with at most so many instances have a lane of their own. */
const SMALL_REFERENCES = 1_000;
/** How often lanes look for what other processes took in. */
const IDLE_MS = 5_000;
const FAILURE_PAUSE_MS = 5_000;
/** A claim lasts so long; it is renewed between instances once a quarter of it is gone. */
const LEASE_SECONDS = 600;
/** After trouble of ours (store away) a request rests so long, and is given up after so many times: over an hour. */
const REST_SECONDS = 30;
const MOST_ATTEMPTS = 150;
/** How long results are kept, and how long a Transaction UID stays taken. */
export const RESULT_DAYS = 30;
const TRANSACTION_DAYS = 400;
const FORGET_EVERY_MS = 3_600_000;

/** The lanes of a process. */
export class CommitmentWorker {
  readonly #work: CommitmentWork;
  readonly #stopping = new AbortController();
  /** Tells of each request by its Transaction UID. */
  readonly #finished = new EventEmitter();
  readonly #lanes: Promise<unknown>;
  #bell = Promise.withResolvers<undefined>();
  #forgottenAt = Number.NEGATIVE_INFINITY;

  /** Starts them. */
  constructor(work: CommitmentWork) {
    this.#work = work;
    this.#lanes = Promise.all([this.#lane(SMALL_REFERENCES), this.#lane(MOST_REFERENCES)]);
  }

  /**
   * Takes a request in and waits until this process has finished it, `atMostMs`: then another one may be at it, or it takes longer.
   * Resolves with what `takeIn` did.
   */
  async finish(
    transactionUid: string,
    takeIn: () => Promise<CommitmentAcceptance>,
    { atMostMs, signal }: { readonly atMostMs: number; readonly signal: AbortSignal },
  ): Promise<CommitmentAcceptance> {
    const finished = new AbortController();
    const finish = (): void => finished.abort();
    // Before it is there for the lanes to find.
    this.#finished.on(transactionUid, finish);
    try {
      const acceptance = await takeIn();
      if (acceptance !== 'accepted') return acceptance;
      this.#bell.resolve(undefined);
      this.#bell = Promise.withResolvers<undefined>();
      await rest(atMostMs, AbortSignal.any([signal, finished.signal, this.#stopping.signal]));
      return acceptance;
    } finally {
      this.#finished.off(transactionUid, finish);
    }
  }

  /** Ends the lanes; what they are at is left to the next process. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#lanes;
  }

  async #lane(mostReferences: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const rung = this.#bell.promise;
      try {
        if (await this.#next(mostReferences)) continue;
        if (mostReferences > SMALL_REFERENCES) await this.#forget();
      } catch (error) {
        if (!signal.aborted) this.#work.logger.warn('commitment-work-failed', { error });
        await rest(FAILURE_PAUSE_MS, signal);
        continue;
      }
      await Promise.race([rung, rest(IDLE_MS, signal)]);
    }
  }

  /** Works off one request; false if there is none. */
  async #next(mostReferences: number): Promise<boolean> {
    const { stored, logger } = this.#work;
    const lease = { mostReferences, leaseSeconds: LEASE_SECONDS };
    const claimed = await claimCommitmentRequest(stored.database, lease);
    if (claimed === undefined) return false;
    const { transactionUid, instances, attempts } = claimed;
    try {
      const outcomes =
        attempts < MOST_ATTEMPTS
          ? await this.#verify(claimed)
          : instances.map(() => CommitmentFailures.processingFailure);
      await finishCommitmentRequest(stored.database, transactionUid, outcomes);
      logger.info('commitment-answered', {
        instances: instances.length,
        refused: outcomes.filter((outcome) => outcome !== 0).length,
      });
    } catch (error) {
      const restSeconds = this.#stopping.signal.aborted ? 0 : REST_SECONDS;
      await extendCommitmentClaim(stored.database, transactionUid, restSeconds);
      if (!this.#stopping.signal.aborted) logger.warn('commitment-postponed', { attempts, error });
    }
    this.#finished.emit(transactionUid);
    return true;
  }

  async #verify({ transactionUid, facilityId, instances }: ClaimedCommitment): Promise<number[]> {
    const { stored, logger, monotonicMs } = this.#work;
    const reader = { signal: this.#stopping.signal, logger };
    const outcomes: number[] = [];
    let claimedAt = monotonicMs();
    for await (const outcome of verifyReferences(stored, { references: instances, facilityId }, reader)) {
      reader.signal.throwIfAborted();
      outcomes.push(outcome);
      if (monotonicMs() - claimedAt < (LEASE_SECONDS * 1_000) / 4) continue;
      await extendCommitmentClaim(stored.database, transactionUid, LEASE_SECONDS);
      claimedAt = monotonicMs();
    }
    return outcomes;
  }

  async #forget(): Promise<void> {
    const now = this.#work.monotonicMs();
    if (now - this.#forgottenAt < FORGET_EVERY_MS) return;
    this.#forgottenAt = now;
    await forgetCommitments(this.#work.stored.database, {
      resultDays: RESULT_DAYS,
      transactionDays: TRANSACTION_DAYS,
    });
  }
}

/** Waits so long, or until the signal. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}
