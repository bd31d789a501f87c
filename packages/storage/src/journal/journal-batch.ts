// What one object of the journal holds, and how long it may be. Types and names; encode-journal-batch.ts writes it,
// parse-journal-batch.ts reads it.
import { StorageError } from '../errors.ts';
import type { JournalLine } from './journal-facts.ts';

/** Value of `type` in a batch. */
export const journalBatchType = 'sandyq journal batch';

/** Values of `version` in the batches that this program writes and reads. */
export type JournalVersion = 1 | 2;

/** The newest of them: it has the kinds of retention. */
export const newestJournalVersion = 2;

/** Beginning of the keys of all batches. */
export const journalPrefix = 'journal/';

/** Most lines of a batch. */
export const maximumBatchLines = 1_000;

/** Longest line, as canonical JSON in bytes: any batch has room for seven. */
export const maximumJournalLineBytes = 1024 * 1024;

/** Where a batch stands: epochs and positions count from 1. */
export interface JournalPosition {
  readonly epoch: number;
  readonly position: number;
}

/** A batch as the next one names it. */
export interface JournalLink extends JournalPosition {
  /** SHA-256 of the object, 64 lower-case hex digits. */
  readonly sha256: string;
}

/** One object of the journal. */
export interface JournalBatch extends JournalPosition {
  /** The batch before; undefined for the first of all. */
  readonly previous: JournalLink | undefined;
  /** In the order of the deciding; at least one. */
  readonly lines: readonly JournalLine[];
}

const keyPattern = /^journal\/(\d{10})\/(\d{12})\.json$/;

/** `journal/{epoch, 10 digits}/{position, 12 digits}.json`: the order of the keys is the order of the batches. */
export function journalKey({ epoch, position }: JournalPosition): string {
  if (!isNumber(epoch, 10) || !isNumber(position, 12)) {
    throw new StorageError('invalid-argument', `${epoch}/${position} is no place in the journal`);
  }
  return `${journalPrefix}${String(epoch).padStart(10, '0')}/${String(position).padStart(12, '0')}.json`;
}

/** Epoch and position of a key. Error: `invalid-key`. */
export function parseJournalKey(key: string): JournalPosition {
  const [, epoch, position] = keyPattern.exec(key) ?? [];
  if (Number(epoch) >= 1 && Number(position) >= 1)
    return { epoch: Number(epoch), position: Number(position) };
  throw new StorageError('invalid-key', `${key} is no key of a journal batch`);
}

/** Whether this batch is the last of its epoch. */
export function endsEpoch({ lines }: Pick<JournalBatch, 'lines'>): boolean {
  return lines.at(-1)?.kind === 'epoch-ended';
}

/** Whether `a` comes before `b`. */
export function isBefore(a: JournalPosition, b: JournalPosition): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.position < b.position);
}

function isNumber(value: number, digits: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value < 10 ** digits;
}
