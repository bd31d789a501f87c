/** Step 5: segments, instance rows and metadata pieces; step 6: counters, last, because they are locked longest. */
import { type CharacterSetPlan, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, integerOf, smallIntegerOf, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate, Standing } from './candidate.ts';
import type { SegmentCommit } from './facts.ts';
import type { KeysBySegment } from './resolve-keys.ts';

/** Inserts the segments; one that is known already (adopted by reconcile, or a repeat) stays as it is. */
export async function insertSegments(
  client: Queryable,
  segments: readonly SegmentCommit[],
  keys: KeysBySegment,
): Promise<void> {
  await insertRows(
    client,
    {
      table: 'segment',
      columns: [
        'segment_id',
        'object_key',
        'study_key',
        'series_key',
        'facility_id',
        'device_id',
        'principal_id',
        'size_bytes',
        'receipt_sha256',
        'received_at',
        'entries',
        'state',
        'clock_offset_ms',
        'character_set_alarms',
      ],
      suffix: 'on conflict (segment_id) do nothing',
    },
    [...segments]
      .sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1))
      .map((segment) => [
        segment.segmentId,
        segment.objectKey,
        keys.get(segment)?.studyKey,
        keys.get(segment)?.seriesKey,
        segment.facilityId,
        segment.deviceId ?? null,
        segment.principalId,
        segment.sizeBytes,
        segment.receiptSha256,
        segment.receivedAt,
        segment.instances.length,
        'live',
        segment.clockOffsetMs ?? null,
        segment.instances.filter((instance) => isAlarm(instance.characterSet)).length,
      ]),
  );
}

/** A label that the bytes contradict, or a set nobody knows: the administrator should declare an assumed set. */
function isAlarm(plan: CharacterSetPlan): boolean {
  return plan.flag === 'label-contradicted' || plan.flag === 'unknown';
}

const INSTANCE_COLUMNS = [
  'study_key',
  'series_key',
  'sop_instance_uid',
  'sop_class_uid',
  'state',
  'instance_number',
  'content_date',
  'content_time',
  'segment_id',
  'ordinal',
  'entry_offset',
  'entry_length',
  'sha256',
  'transfer_syntax_uid',
  'rows',
  'columns',
  'bits_allocated',
  'number_of_frames',
  'photometric_interpretation',
  'pixel_data',
  'bulk_data',
  'crc32',
  'character_set',
  'received_at',
] as const;

export async function insertInstances(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const kept = [...standings].filter(([, standing]) => standing !== 'facility-conflict');
  await insertRows(
    client,
    { table: 'instance', columns: INSTANCE_COLUMNS },
    kept.map(([candidate, standing]) => instanceRow(candidate, standing)),
  );
  await insertRows(
    client,
    { table: 'instance_metadata', columns: ['study_key', 'series_key', 'sop_instance_uid', 'json_gzip'] },
    kept.map(([{ instance, keys }]) => [
      keys.studyKey,
      keys.seriesKey,
      instance.sopInstanceUid,
      instance.metadataGzip,
    ]),
  );
}

function instanceRow({ segment, instance, keys }: Candidate, standing: Standing): unknown[] {
  const { json } = instance;
  return [
    keys.studyKey,
    keys.seriesKey,
    instance.sopInstanceUid,
    instance.sopClassUid,
    standing,
    integerOf(json, Tags.InstanceNumber),
    dateOf(json, Tags.ContentDate),
    timeOf(json, Tags.ContentTime),
    segment.segmentId,
    instance.ordinal,
    instance.entryOffset,
    instance.entryLength,
    instance.sha256,
    instance.transferSyntaxUid,
    smallIntegerOf(json, Tags.Rows),
    smallIntegerOf(json, Tags.Columns),
    smallIntegerOf(json, Tags.BitsAllocated),
    smallIntegerOf(json, Tags.NumberOfFrames),
    textOf(json, Tags.PhotometricInterpretation, 64),
    instance.pixelData === undefined ? null : JSON.stringify(instance.pixelData),
    instance.bulkData.length === 0 ? null : JSON.stringify(instance.bulkData),
    instance.crc32,
    instance.characterSet.flag === 'as-labelled' ? null : JSON.stringify(instance.characterSet),
    segment.receivedAt,
  ];
}

/** Raises counts and revisions of series and studies by the active newcomers; rows are locked in key order. */
export async function countNewcomers(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const active = [...standings].flatMap(([candidate, standing]) =>
    standing === 'active' ? [candidate] : [],
  );
  if (active.length === 0) return;
  const series = groupBy(active, (candidate) => candidate.keys.seriesKey);
  for (const [seriesKey, members] of [...series].sort(([a], [b]) => a - b)) {
    await client.query({
      name: 'count-in-series',
      text: `update series set number_of_instances = number_of_instances + $3, revision = revision + 1
        where study_key = $1 and series_key = $2`,
      values: [members[0]?.keys.studyKey, seriesKey, members.length],
    });
  }
  const studies = groupBy(active, (candidate) => candidate.keys.studyKey);
  // Locked by a statement of its own: the counts below must be read by a snapshot taken after the wait.
  await client.query({
    name: 'lock-studies',
    text: 'select study_key from study where study_key = any ($1) order by study_key for update',
    values: [[...studies.keys()]],
  });
  for (const [studyKey, members] of [...studies].sort(([a], [b]) => a - b)) {
    await client.query({
      name: 'count-in-study',
      text: `update study set number_of_instances = number_of_instances + $2, revision = revision + 1, updated_at = $3,
          number_of_series = (select count(*) from series e where e.study_key = $1 and e.number_of_instances > 0),
          modalities = (select coalesce(array_agg(distinct m order by m), '{}') from unnest(modalities || $4::text[]) m),
          sop_classes = (select coalesce(array_agg(distinct c order by c), '{}') from unnest(sop_classes || $5::text[]) c)
        where study_key = $1`,
      values: [
        studyKey,
        members.length,
        new Date(Math.max(...members.map((member) => member.segment.receivedAt.getTime()))),
        distinct(members.map((member) => textOf(member.instance.json, Tags.Modality, 64))),
        distinct(members.map((member) => member.instance.sopClassUid)),
      ],
    });
  }
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))].sort();
}
