// Batch → canonical JSON (RFC 8785), so that one batch has one encoding: two processes that write the same lines write
// the same bytes, and the next batch can name its digest.
import { StorageError } from '../errors.ts';
import { maximumPutBytes } from '../object-store.ts';
import { canonicalJson } from './canonical-json.ts';
import { type JournalBatch, maximumJournalLineBytes } from './journal-batch.ts';
import { journalBatchText } from './journal-batch-text.ts';
import type { JournalLine } from './journal-facts.ts';
import { parseJournalBatch, parseJournalLine } from './parse-journal-batch.ts';

/** UTF-8 of the batch. Error: `invalid-argument` for what could not be read back, or is longer than an object of one put. */
export function encodeJournalBatch(batch: JournalBatch): Buffer {
  const bytes = Buffer.from(journalBatchText(batch), 'utf8');
  if (bytes.length > maximumPutBytes) {
    throw new StorageError('invalid-argument', `a journal batch of ${bytes.length} bytes is too long`);
  }
  orInvalid(() => parseJournalBatch(bytes));
  return bytes;
}

/**
 * Throws `invalid-argument` unless a batch can hold this line: asked when it is written, because a line that cannot be
 * exported would keep back all that follow. Returns the bytes that it takes.
 */
export function assertJournalLine(line: JournalLine): number {
  const text = canonicalJson(line);
  const bytes = Buffer.byteLength(text);
  if (bytes > maximumJournalLineBytes) {
    throw new StorageError(
      'invalid-argument',
      `a journal line of ${bytes} bytes is longer than ${maximumJournalLineBytes}`,
    );
  }
  const parsed = orInvalid(() => parseJournalLine(JSON.parse(text)));
  if (canonicalJson(parsed) === text) return bytes;
  throw new StorageError('invalid-argument', `a fact of the kind ${line.kind} has members that nobody knows`);
}

/** What is damage while reading is a wrong argument while writing. */
function orInvalid<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new StorageError('invalid-argument', `the journal cannot hold this: ${error.message}`, {
      cause: error,
    });
  }
}
