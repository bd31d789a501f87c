/** Step 5: segments, instance rows and metadata pieces. */
import { type CharacterSetPlan, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, integerOf, smallIntegerOf, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate, Standing } from './candidate.ts';
import type { InstanceCommit, SegmentCommit, SegmentOwn } from './facts.ts';
import type { KeysBySegment } from './resolve-keys.ts';
import type { SeriesKeys } from './series-keys.ts';

const SEGMENTS = {
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
    'verdicts_due',
  ],
  suffix: 'on conflict (segment_id) do nothing returning segment_id',
};

/** Inserts the segments and returns their ids; one that is known already (adopted by reconcile, or a repeat) stays as it is. */
export async function insertSegments(
  client: Queryable,
  segments: readonly SegmentCommit[],
  keys: KeysBySegment,
): Promise<ReadonlySet<string>> {
  const inserted = await insertRows<{ segment_id: string }>(
    client,
    SEGMENTS,
    [...segments]
      .sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1))
      .map((segment) => segmentRow(segment, keys.get(segment))),
  );
  return new Set(inserted.map((row) => row.segment_id));
}

function segmentRow(segment: SegmentCommit, keys: SeriesKeys | undefined): unknown[] {
  const own = ownOf(segment);
  return [
    segment.segmentId,
    segment.objectKey,
    keys?.studyKey,
    keys?.seriesKey,
    own.facilityId,
    own.deviceId ?? null,
    own.principalId,
    segment.sizeBytes,
    segment.receiptSha256,
    own.receivedAt,
    own.entries,
    'live',
    segment.clockOffsetMs ?? null,
    own.characterSetAlarms,
    segment.isPart === true,
  ];
}

/** What the row of a segment says that is one piece; kept where it is committed in parts. */
export function ownOf(segment: SegmentCommit): SegmentOwn {
  const { own, facilityId, deviceId, principalId, receivedAt, instances } = segment;
  const entries = instances.length;
  return (
    own ?? {
      facilityId,
      deviceId,
      principalId,
      receivedAt,
      entries,
      characterSetAlarms: countAlarms(instances),
    }
  );
}

/** Instances whose character set an administrator should look at. */
export function countAlarms(instances: readonly Pick<InstanceCommit, 'characterSet'>[]): number {
  return instances.filter((instance) => isAlarm(instance.characterSet)).length;
}

/** A label that the bytes contradict, or a set nobody knows: the administrator should declare an assumed set. */
function isAlarm(plan: CharacterSetPlan): boolean {
  return plan.flag === 'label-contradicted' || plan.flag === 'unknown';
}

const INSTANCES = {
  table: 'instance',
  columns: [
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
    'samples_per_pixel',
    'is_lossy',
    'pixel_data',
    'bulk_data',
    'crc32',
    'character_set',
    'received_at',
    'origin_segment_id',
  ],
};

const METADATA = {
  table: 'instance_metadata',
  columns: ['study_key', 'series_key', 'sop_instance_uid', 'json_gzip'],
};

export async function insertInstances(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const kept = [...standings].filter(([, standing]) => standing !== 'facility-conflict');
  await Promise.all([
    insertRows(
      client,
      INSTANCES,
      kept.map(([candidate, standing]) => instanceRow(candidate, standing)),
    ),
    insertRows(
      client,
      METADATA,
      kept.map(([{ instance, keys }]) => [
        keys.studyKey,
        keys.seriesKey,
        instance.sopInstanceUid,
        instance.metadataGzip,
      ]),
    ),
  ]);
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
    smallIntegerOf(json, Tags.SamplesPerPixel),
    isLossyOf(textOf(json, Tags.LossyImageCompression)),
    instance.pixelData === undefined ? null : JSON.stringify(instance.pixelData),
    instance.bulkData.length === 0 ? null : JSON.stringify(instance.bulkData),
    instance.crc32,
    instance.characterSet.flag === 'as-labelled' ? null : JSON.stringify(instance.characterSet),
    segment.receivedAt,
    instance.originSegmentId === segment.segmentId ? null : (instance.originSegmentId ?? null),
  ];
}

/** Lossy Image Compression (PS3.3 C.7.6.1.1.5); null where the data set does not say. */
function isLossyOf(text: string | null): boolean | null {
  if (text === '01') return true;
  return text === '00' ? false : null;
}
