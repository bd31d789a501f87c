// Batch → canonical JSON; checks nothing. Both halves of the pair need it: to write, and to see that what was read has this form.
import { canonicalJson } from './canonical-json.ts';
import { type JournalBatch, type JournalVersion, journalBatchType } from './journal-batch.ts';
import { isRetentionLine } from './read-retention-fact.ts';

/** Canonical JSON of a batch. */
export function journalBatchText({ epoch, position, previous, lines }: JournalBatch): string {
  return canonicalJson({
    type: journalBatchType,
    version: versionOf({ lines }),
    epoch,
    position,
    previous: previous ?? null,
    lines,
  });
}

/**
 * The lowest version that has all kinds of the lines: so the same lines have the same bytes for ever, a batch of before
 * can be made of them again, and an older program reads on until something is said that it does not know.
 */
function versionOf({ lines }: Pick<JournalBatch, 'lines'>): JournalVersion {
  return lines.some(isRetentionLine) ? 2 : 1;
}
