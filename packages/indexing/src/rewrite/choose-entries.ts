/** Which entries of segments go into the rewrite of them: everything but what is provably superfluous. */
import type { ReferencedEntries } from '@sandyq/database';
import { originOf, type ReceiptEntry, type RewriteSource, type SegmentReceipt } from '@sandyq/storage';

/** A segment that is to be rewritten. */
export interface ChosenSource {
  readonly key: string;
  readonly receipt: SegmentReceipt;
}

/**
 * Left out are, of entries that no row points to: those whose very bytes another chosen entry has under the same SOP
 * Instance UID, and those that were discarded by a decision that stands in the store's journal. Received parts go with
 * what was composed of them. Whatever else is there is copied, also where nobody knows what it is for.
 */
export function chooseEntries(
  sources: readonly ChosenSource[],
  references: ReferencedEntries,
): RewriteSource[] {
  const held = new Set<string>();
  const needed = sources.map(({ receipt }) => {
    const own = receipt.entries.filter((entry) => references.has(receipt.segmentId, entry));
    for (const entry of own) held.add(bytesOf(entry));
    return new Set(own);
  });
  return sources.map(({ key, receipt }, index) => {
    const kept = needed[index] ?? new Set();
    for (const entry of receipt.entries) {
      if (entry.role !== 'part10' || kept.has(entry) || held.has(bytesOf(entry))) continue;
      if (references.isDiscarded(originOf(receipt, entry), entry.sha256)) continue;
      kept.add(entry);
      held.add(bytesOf(entry));
    }
    return { key, receipt, ordinals: ordinalsOf(receipt, kept) };
  });
}

function bytesOf({ sopInstanceUid, sha256, length }: ReceiptEntry): string {
  return JSON.stringify([sopInstanceUid, sha256, length]);
}

/** A part whose composed entry is left out as a repeat was sent in its own words: it is kept, with that entry. */
function ordinalsOf(receipt: SegmentReceipt, kept: ReadonlySet<ReceiptEntry>): number[] {
  const parts = receipt.entries.filter(({ role }) => role === 'received');
  const partUids = new Set(parts.map(({ sopInstanceUid }) => sopInstanceUid));
  return receipt.entries
    .filter((entry) => kept.has(entry) || partUids.has(entry.sopInstanceUid))
    .map(({ ordinal }) => ordinal);
}
