/** Step 4: the series of new instances, sorted by key. */
import { type Tag, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, integerOf, pick, requestsOf, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate } from './candidate.ts';
import { KeysChangedError } from './keys-changed-error.ts';

/** Series level attributes kept for answers (PS3.18 Table 10.6.3-4 and what clients ask for beyond). */
export const SERIES_LEVEL_TAGS: readonly Tag[] = [
  Tags.Modality,
  Tags.Manufacturer,
  Tags.InstitutionName,
  Tags.StationName,
  Tags.SeriesDescription,
  Tags.SeriesDescriptionCodeSequence,
  Tags.InstitutionalDepartmentName,
  Tags.PerformingPhysicianName,
  Tags.OperatorsName,
  Tags.ManufacturerModelName,
  Tags.SeriesDate,
  Tags.SeriesTime,
  Tags.BodyPartExamined,
  Tags.DeviceSerialNumber,
  Tags.SoftwareVersions,
  Tags.ProtocolName,
  Tags.PatientPosition,
  Tags.SeriesInstanceUID,
  Tags.SeriesNumber,
  Tags.Laterality,
  Tags.FrameOfReferenceUID,
  Tags.PerformedProcedureStepStartDate,
  Tags.PerformedProcedureStepStartTime,
  Tags.PerformedProcedureStepID,
  Tags.PerformedProcedureStepDescription,
  Tags.RequestAttributesSequence,
];

const COLUMNS = [
  'study_key',
  'series_key',
  'series_instance_uid',
  'device_id',
  'modality',
  'series_number',
  'series_description',
  'body_part_examined',
  'laterality',
  'manufacturer',
  'manufacturer_model_name',
  'station_name',
  'device_serial_number',
  'institution_name',
  'series_date',
  'series_time',
  'performed_procedure_step_start_date',
  'performed_procedure_step_start_time',
  'attributes',
  'received_at',
] as const;

export async function ensureSeries(client: Queryable, candidates: readonly Candidate[]): Promise<void> {
  const firsts = new Map<number, Candidate>();
  for (const candidate of candidates) {
    if (!firsts.has(candidate.keys.seriesKey)) firsts.set(candidate.keys.seriesKey, candidate);
  }
  const sorted = [...firsts.values()].sort((a, b) => a.keys.seriesKey - b.keys.seriesKey);
  const known = await readSeriesKeys(client, sorted);
  const missing = sorted.filter((candidate) => !known.has(seriesName(candidate)));
  if (missing.length > 0) await insertSeries(client, missing);
  const present = missing.length > 0 ? await readSeriesKeys(client, sorted) : known;
  for (const candidate of sorted) {
    if (present.get(seriesName(candidate)) !== candidate.keys.seriesKey) throw new KeysChangedError();
  }
}

function seriesName({ keys, segment }: Candidate): string {
  return `${keys.studyKey} ${segment.seriesInstanceUid}`;
}

async function readSeriesKeys(
  client: Queryable,
  candidates: readonly Candidate[],
): Promise<Map<string, number>> {
  const result = await client.query<{ study_key: number; series_instance_uid: string; series_key: number }>({
    name: 'read-series-of-commit',
    text: `select study_key, series_instance_uid, series_key from series
      where study_key = any ($1) and series_instance_uid = any ($2)`,
    values: [
      candidates.map((candidate) => candidate.keys.studyKey),
      candidates.map((candidate) => candidate.segment.seriesInstanceUid),
    ],
  });
  return new Map(result.rows.map((row) => [`${row.study_key} ${row.series_instance_uid}`, row.series_key]));
}

async function insertSeries(client: Queryable, candidates: readonly Candidate[]) {
  const inserted = await insertRows<{ series_key: number }>(
    client,
    {
      table: 'series',
      columns: COLUMNS,
      suffix: 'on conflict (study_key, series_instance_uid) do nothing returning series_key',
    },
    candidates.map(seriesRow),
  );
  const made = new Set(inserted.map((row) => row.series_key));
  const requests = candidates.flatMap((candidate) =>
    made.has(candidate.keys.seriesKey) ? requestRows(candidate) : [],
  );
  if (requests.length === 0) return;
  await insertRows(
    client,
    {
      table: 'series_request',
      columns: [
        'study_key',
        'series_key',
        'ordinal',
        'requested_procedure_id',
        'scheduled_procedure_step_id',
        'accession_number',
      ],
    },
    requests,
  );
}

function seriesRow({ segment, instance, keys }: Candidate): unknown[] {
  const { json } = instance;
  return [
    keys.studyKey,
    keys.seriesKey,
    segment.seriesInstanceUid,
    segment.deviceId ?? null,
    textOf(json, Tags.Modality, 64),
    integerOf(json, Tags.SeriesNumber),
    textOf(json, Tags.SeriesDescription),
    textOf(json, Tags.BodyPartExamined, 256),
    textOf(json, Tags.Laterality, 64),
    textOf(json, Tags.Manufacturer),
    textOf(json, Tags.ManufacturerModelName),
    textOf(json, Tags.StationName, 256),
    textOf(json, Tags.DeviceSerialNumber, 256),
    textOf(json, Tags.InstitutionName),
    dateOf(json, Tags.SeriesDate),
    timeOf(json, Tags.SeriesTime),
    dateOf(json, Tags.PerformedProcedureStepStartDate),
    timeOf(json, Tags.PerformedProcedureStepStartTime),
    pick(json, SERIES_LEVEL_TAGS),
    segment.receivedAt,
  ];
}

function requestRows({ instance, keys }: Candidate): unknown[][] {
  return requestsOf(instance.json).map((request, ordinal) => [
    keys.studyKey,
    keys.seriesKey,
    ordinal,
    request.requestedProcedureId,
    request.scheduledProcedureStepId,
    request.accessionNumber,
  ]);
}
