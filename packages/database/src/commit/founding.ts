/**
 * Who founds a study or a series: attributes come from the earliest received active instance, of several received at
 * once from the one with the least SOP Instance UID, whatever the order in which they are committed.
 */
import type { Candidate } from './candidate.ts';
import type { Founder } from './facts.ts';

/** What a row of a study or a series says of its founder; `founded_by` null: it has no active instance yet. */
export interface FoundedRow {
  readonly founded_by: string | null;
  readonly received_at: Date;
}

/** The candidate of each group that founds it, if it is new. One that is held, or joins by decision, only alone. */
export function firstOfEach<Key>(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => Key,
): Map<Key, Candidate> {
  const firsts = new Map<Key, Candidate>();
  for (const candidate of candidates) {
    const first = firsts.get(keyOf(candidate));
    if (first === undefined || isBefore(candidate, first)) firsts.set(keyOf(candidate), candidate);
  }
  return firsts;
}

/** The earliest received of these. */
export function earliestOf<Item extends Founder>(items: readonly Item[]): Item | undefined {
  return items.reduce<Item | undefined>(
    (first, item) => (first === undefined || isEarlier(item, first) ? item : first),
    undefined,
  );
}

/** Whether the row is to be founded anew by this instance. */
export function founds(founder: Founder, row: FoundedRow): boolean {
  if (row.founded_by === null) return true;
  const byTime = founder.segment.receivedAt.getTime() - row.received_at.getTime();
  return byTime < 0 || (byTime === 0 && founder.instance.sopInstanceUid < row.founded_by);
}

function isBefore(a: Candidate, b: Candidate): boolean {
  const byRank = rankOf(a) - rankOf(b);
  return byRank < 0 || (byRank === 0 && isEarlier(a, b));
}

function rankOf({ instance }: Candidate): number {
  if (instance.isHeld === true) return 2;
  return instance.joinsAnyway === true ? 1 : 0;
}

function isEarlier(a: Founder, b: Founder): boolean {
  const byTime = a.segment.receivedAt.getTime() - b.segment.receivedAt.getTime();
  return byTime < 0 || (byTime === 0 && a.instance.sopInstanceUid < b.instance.sopInstanceUid);
}
