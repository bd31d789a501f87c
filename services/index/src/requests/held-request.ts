/** A request that this process has: signs of life while it is worked on, and the news that it is lost or to be stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { advanceBackgroundRequest, type BackgroundRequest } from '@sandyq/database';
import type { Archive } from '@sandyq/service';

/** A process that shows no sign of life for so long has lost the request. */
export const HOLD_SECONDS = 60;
const SIGN_OF_LIFE_MS = 2_000;

/** Shows life until it is let go. */
export class HeldRequest {
  /** How far it is. */
  progress: object = {};
  /** Somebody wants it to end before its time. */
  isStopping = false;
  readonly #archive: Pick<Archive, 'database' | 'logger'>;
  readonly #request: Pick<BackgroundRequest, 'requestId'>;
  readonly #holder: string;
  readonly #over = new AbortController();
  readonly #letGo = new AbortController();
  readonly #life: Promise<void>;

  constructor(
    archive: Pick<Archive, 'database' | 'logger'>,
    request: Pick<BackgroundRequest, 'requestId'>,
    holder: string,
  ) {
    this.#archive = archive;
    this.#request = request;
    this.#holder = holder;
    this.#life = this.#showLife();
  }

  /** Aborted when another process has it, or it is to be stopped. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves when nothing more is said of it. */
  async letGo(): Promise<void> {
    this.#letGo.abort();
    await this.#life;
  }

  async #showLife(): Promise<void> {
    const { signal } = this.#letGo;
    while (!signal.aborted) {
      // The only way this sleep ends early is the signal.
      await sleep(SIGN_OF_LIFE_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.#showSign();
    }
  }

  async #showSign(): Promise<void> {
    const { database, logger } = this.#archive;
    const sign = { holder: this.#holder, holdSeconds: HOLD_SECONDS, progress: this.progress };
    try {
      const state = await advanceBackgroundRequest(database, this.#request.requestId, sign);
      if (state === 'stopping') this.isStopping = true;
      if (state !== 'held') this.#over.abort();
    } catch (error) {
      logger.warn('background-request-not-noted', { error });
    }
  }
}
