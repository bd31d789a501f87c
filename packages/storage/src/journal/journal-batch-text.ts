// Batch → canonical JSON; checks nothing. Both halves of the pair need it: to write, and to see that what was read has this form.
import { canonicalJson } from './canonical-json.ts';
import { type JournalBatch, journalBatchType, journalVersion } from './journal-batch.ts';

/** Canonical JSON of a batch. */
export function journalBatchText({ epoch, position, previous, lines }: JournalBatch): string {
  return canonicalJson({
    type: journalBatchType,
    version: journalVersion,
    epoch,
    position,
    previous: previous ?? null,
    lines,
  });
}
