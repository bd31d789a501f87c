/** Step 4: the series of new instances, sorted by key. */
import { type DicomJson, type Tag, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, integerOf, pick, requestsOf, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate, Standing } from './candidate.ts';
import type { Founder } from './facts.ts';
import { firstOfEach } from './founding.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import type { SeriesKeys } from './series-keys.ts';

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

const IDENTITY_COLUMNS = ['study_key', 'series_key', 'series_instance_uid'] as const;

/** What its founder says. */
const FOUNDED_COLUMNS = [
  'founded_by',
  'received_at',
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
] as const;

const SERIES = {
  table: 'series',
  columns: [...IDENTITY_COLUMNS, ...FOUNDED_COLUMNS],
  suffix: 'on conflict (study_key, series_instance_uid) do nothing returning series_key',
};

/** Makes the series of these candidates that the index did not know. */
export async function ensureSeries(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const missing = [...standings].flatMap(([candidate, standing]) =>
    standing === 'facility-conflict' || candidate.keys.isKnown === true ? [] : [candidate],
  );
  if (missing.length === 0) return;
  const isActive = (candidate: Candidate) => standings.get(candidate) === 'active';
  const held = missing.filter((candidate) => !isActive(candidate));
  const firsts = new Map([
    ...firstOfEach(held, ({ keys }) => keys.seriesKey),
    ...firstOfEach(missing.filter(isActive), ({ keys }) => keys.seriesKey),
  ]);
  const sorted = [...firsts.values()].sort((a, b) => a.keys.seriesKey - b.keys.seriesKey);
  const made = await insertRows<{ series_key: number }>(
    client,
    SERIES,
    sorted.map((candidate) => [
      candidate.keys.studyKey,
      candidate.keys.seriesKey,
      candidate.segment.seriesInstanceUid,
      ...foundedValues(candidate, isActive(candidate)),
    ]),
  );
  // Another process made one of them first, under its own number: the whole transaction starts over.
  if (made.length < sorted.length) throw new KeysChangedError();
  await insertRequests(
    client,
    sorted.flatMap(({ keys, instance }) => requestRows(keys, instance.json)),
  );
}

/**
 * Gives the series the attributes of another instance, and ties it to the device of that. Whoever calls it holds the
 * row's lock and has found the founder under it.
 */
export async function refoundSeries(client: Queryable, keys: SeriesKeys, founder: Founder): Promise<void> {
  const assignments = FOUNDED_COLUMNS.map((column, index) => `${column} = $${index + 3}`).join(', ');
  await client.query({
    name: 'refound-series',
    text: `update series set ${assignments}, founding_due = false where study_key = $1 and series_key = $2`,
    values: [keys.studyKey, keys.seriesKey, ...foundedValues(founder, true)],
  });
  await client.query({
    name: 'forget-series-requests',
    text: 'delete from series_request where study_key = $1 and series_key = $2',
    values: [keys.studyKey, keys.seriesKey],
  });
  await insertRequests(client, requestRows(keys, founder.instance.json));
}

async function insertRequests(client: Queryable, requests: readonly unknown[][]): Promise<void> {
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

/** Aligned with FOUNDED_COLUMNS. */
function foundedValues({ segment, instance }: Founder, isActive: boolean): unknown[] {
  const { json } = instance;
  return [
    isActive ? instance.sopInstanceUid : null,
    segment.receivedAt,
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
  ];
}

function requestRows({ studyKey, seriesKey }: SeriesKeys, json: DicomJson): unknown[][] {
  return requestsOf(json).map((request, ordinal) => [
    studyKey,
    seriesKey,
    ordinal,
    request.requestedProcedureId,
    request.scheduledProcedureStepId,
    request.accessionNumber,
  ]);
}
