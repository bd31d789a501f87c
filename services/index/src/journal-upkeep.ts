/**
 * The journal in the background: at start the database learns what the store's journal knows beyond it, then lines go to
 * the store as they come, and every ten minutes a checkpoint, if anything changed.
 */
import { catchUpJournal, exportJournal, type JournalPorts, writeCheckpoint } from '@sandyq/indexing';
import type { BackgroundTask } from './background.ts';

/** How often an idle task looks for work, in milliseconds. */
const EXPORT_IDLE_MS = 1_000;
const CHECKPOINT_IDLE_MS = 600_000;

/** One for each process. */
export class JournalUpkeep {
  readonly #ports: JournalPorts;
  readonly #joined = Promise.withResolvers<true>();
  #isJoined = false;

  constructor(ports: JournalPorts) {
    this.#ports = ports;
  }

  tasks(): BackgroundTask[] {
    return [
      { name: 'follow-journal', idleMs: CHECKPOINT_IDLE_MS, run: (signal) => this.#follow(signal) },
      this.afterJoining({
        name: 'export-journal',
        idleMs: EXPORT_IDLE_MS,
        run: (signal) => exportJournal(this.#ports, signal),
      }),
    ];
  }

  /** The task begins once the database knows everything that the journal says: what deletes or judges must. */
  afterJoining(task: BackgroundTask): BackgroundTask {
    return {
      ...task,
      run: async (signal) => ((await this.#joinedOr(signal)) ? task.run(signal) : 0),
    };
  }

  async #follow(signal: AbortSignal): Promise<number> {
    if (this.#isJoined) {
      await writeCheckpoint(this.#ports, { ifChanged: true });
      return 0;
    }
    await catchUpJournal(this.#ports, { signal });
    await writeCheckpoint(this.#ports, { ifChanged: false });
    this.#isJoined = true;
    this.#joined.resolve(true);
    return 0;
  }

  /** False: the process ends before. */
  async #joinedOr(signal: AbortSignal): Promise<boolean> {
    if (this.#isJoined) return true;
    const stopped = Promise.withResolvers<false>();
    const stop = () => stopped.resolve(false);
    if (signal.aborted) return false;
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([this.#joined.promise, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
