/** Keys of series that are known by heart, where no counter asserts them. */
import type { Queryable } from '../database.ts';
import type { Candidate, Standing } from './candidate.ts';
import type { SegmentCommit } from './facts.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import type { SeriesKeys } from './series-keys.ts';

/** Where nothing is counted nothing else says whether the keys are right. Throws KeysChangedError. */
export async function assertKeysOfHeld(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const held = [...standings].flatMap(([candidate, standing]) => (standing === 'active' ? [] : [candidate]));
  await Promise.all(held.map(({ segment, keys }) => assertKeys(client, segment, keys)));
}

async function assertKeys(
  client: Queryable,
  { studyInstanceUid, seriesInstanceUid }: SegmentCommit,
  { studyKey, seriesKey, isKnown }: SeriesKeys,
): Promise<void> {
  const found = await client.query({
    name: 'assert-keys',
    text: `select from study s where s.study_key = $1 and s.study_instance_uid = $2 and ($5 is not true
      or exists (select from series e where e.study_key = $1 and e.series_key = $3 and e.series_instance_uid = $4))`,
    values: [studyKey, studyInstanceUid, seriesKey, seriesInstanceUid, isKnown],
  });
  if (found.rowCount === 0) throw new KeysChangedError();
}
