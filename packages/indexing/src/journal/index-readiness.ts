/** Whether the index may give verdicts: an archive that has forgotten what it holds must not. */
import { type IndexState, type JournalHead, readIndexState, readJournalHead } from '@sandyq/database';
import { isBefore } from '@sandyq/storage';
import { JournalError } from '../errors.ts';
import { RecentReading } from '../recent-reading.ts';
import { catchUpJournal } from './catch-up-journal.ts';
import type { JournalPorts } from './journal-ports.ts';

/** How long a reading is believed, in milliseconds. */
const BELIEVED_MS = 2_000;
/** A journal that is damaged is not read again before, in milliseconds. */
const DAMAGED_PAUSE_MS = 30_000;

/**
 * The state of the index, read at most every two seconds, for any number of requests. Before it is believed the first
 * time the store's journal is asked whether it knows more than the database: a restored database does not know that
 * itself. It is asked again when the database goes back.
 */
export class IndexReadiness {
  readonly #ports: JournalPorts;
  readonly #monotonicMs: () => number;
  readonly #recent: RecentReading<IndexState>;
  #compareFrom = Number.NEGATIVE_INFINITY;
  /** The head that this process knows: the store's journal was compared up to there. */
  #compared: JournalHead | undefined;

  constructor(ports: JournalPorts, monotonicMs: () => number = () => performance.now()) {
    this.#ports = ports;
    this.#monotonicMs = monotonicMs;
    this.#recent = new RecentReading({ read: () => this.#read(), believedMs: BELIEVED_MS, monotonicMs });
  }

  /** Throws DatabaseError, and StorageError where the store is to be asked and is away. */
  state(): Promise<IndexState> {
    return this.#recent.current();
  }

  async #read(): Promise<IndexState> {
    const { database } = this.#ports;
    const head = await readJournalHead(database);
    if (this.#compared !== undefined && isBefore(head.next, this.#compared.next)) this.#compared = undefined;
    if (this.#compared === undefined) await this.#compare();
    else this.#compared = head;
    return readIndexState(database);
  }

  async #compare(): Promise<void> {
    if (this.#monotonicMs() < this.#compareFrom) return;
    try {
      await catchUpJournal(this.#ports);
      this.#compared = await readJournalHead(this.#ports.database);
    } catch (error) {
      // The index is marked as behind then, until a person has decided what to do.
      if (!(error instanceof JournalError)) throw error;
      this.#compareFrom = this.#monotonicMs() + DAMAGED_PAUSE_MS;
    }
  }
}

/** Throws JournalError('behind') unless the index knows everything that the store holds. */
export async function assertIndexCaughtUp(ports: JournalPorts): Promise<void> {
  if ((await new IndexReadiness(ports).state()).isCaughtUp) return;
  throw new JournalError(
    'behind',
    'The index does not know everything yet that the object store holds: decide when it has caught up.',
  );
}
