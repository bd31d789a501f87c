/**
 * A rewrite takes the place of its sources (design §5): every row that points to one of their entries points to the copy
 * from then on, and the sources are superseded, in one transaction. What the archive shows does not change by it, so
 * neither revisions nor the change feed do.
 */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { insertRewrite, type RewriteRow } from './insert-rewrite.ts';
import { moveRows } from './move-rows.ts';
import { readSourcesLocked, type SourceRow, sourcesWithoutRows } from './source-rows.ts';

/** What takes the place of what. */
export interface SegmentSwap {
  /** A stored segment of which every byte was verified. */
  readonly rewrite: RewriteRow;
  /** Ids of the segments that it was made of. */
  readonly sources: readonly string[];
}

/** What came of it. */
export type SwapOutcome =
  /** `moved`: rows of instances, quarantine and proposed corrections. `superseded`: sources that nothing points to now. */
  | { readonly kind: 'swapped'; readonly moved: number; readonly superseded: readonly string[] }
  /** The database knows the rewrite: the swap was done before, or the rewrite has ended. */
  | { readonly kind: 'known' };

/**
 * Swaps a rewrite that was made of these very sources; call it within a transaction. Throws DatabaseError('conflict'),
 * and nothing is changed, if a source is not in use any more, waits for a verdict, or holds something that the rewrite
 * does not: then the rewrite was made of what is no longer so.
 */
export async function swapSegments(client: Queryable, swap: SegmentSwap): Promise<SwapOutcome> {
  const { sources, isKnown } = await lock(client, swap);
  if (isKnown) return { kind: 'known' };
  const unfit = swap.sources.filter((id) => !isReady(sources.get(id)));
  if (unfit.length > 0) throw changed(`${unfit.length} of ${swap.sources.length} sources were changed`);
  const known = [...sources.values()];
  await insertRewrite(client, swap.rewrite, known);
  const moved = await moveRows(client, swap.rewrite, known);
  const free = await sourcesWithoutRows(client, swap.sources);
  if (free.length < swap.sources.length) throw changed('rows point to entries that were not copied');
  await supersede(client, swap.sources, swap.rewrite.segmentId);
  return { kind: 'swapped', moved, superseded: swap.sources };
}

/**
 * Completes the swap of a rewrite that was found in the store: its process died before the transaction, or this database
 * is older than it. Takes over what this database has of the rewrite's entries in any of `swap.sources`, its own and
 * those of rewrites between; a source that holds more than that lives on. Undefined, and nothing is changed, if there is
 * nothing to take over. Call it within a transaction.
 */
export async function adoptSwap(client: Queryable, swap: SegmentSwap): Promise<SwapOutcome | undefined> {
  const { sources, isKnown } = await lock(client, swap);
  if (isKnown) return { kind: 'known' };
  const known = [...sources.values()].filter(isReady);
  if (known.length === 0) return undefined;
  const moved = await moveRows(client, swap.rewrite, known);
  if (moved === 0) return undefined;
  await insertRewrite(client, swap.rewrite, known);
  const superseded = await sourcesWithoutRows(
    client,
    known.map(({ segmentId }) => segmentId),
  );
  await supersede(client, superseded, swap.rewrite.segmentId);
  return { kind: 'swapped', moved, superseded };
}

async function lock(client: Queryable, { rewrite, sources }: SegmentSwap) {
  const rows = await readSourcesLocked(client, sources);
  // Asked after the wait for the sources: who had them may have done this very swap.
  const found = await client.query({
    name: 'find-rewrite',
    text: 'select from segment where segment_id = $1',
    values: [rewrite.segmentId],
  });
  return { sources: rows, isKnown: found.rowCount !== 0 };
}

/** A source whose entries wait to be judged is not to be touched: rows about them are still to come. */
function isReady(source: SourceRow | undefined): boolean {
  return (
    source !== undefined && !source.verdictsDue && (source.state === 'live' || source.state === 'duplicate')
  );
}

/** The rewrite's receipt is the record of this in the store (`source.of`, `originals`): it needs no journal line. */
async function supersede(client: Queryable, sources: readonly string[], rewriteId: string): Promise<void> {
  await client.query({
    name: 'supersede-sources',
    text: `update segment set state = 'superseded', superseded_at = now(), rewritten_into = $2, compact_due = null
      where segment_id = any ($1::uuid[])`,
    values: [sources, rewriteId],
  });
}

function changed(what: string): DatabaseError {
  return new DatabaseError('conflict', `the rewrite came too late: ${what} meanwhile`);
}
