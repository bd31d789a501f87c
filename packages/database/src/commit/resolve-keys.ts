/**
 * Keys of studies and series, before the transaction: those that exist are read, for the others numbers are drawn.
 * Another process may create the same study meanwhile; the transaction sees that and starts over.
 */
import type { Queryable } from '../database.ts';
import type { SegmentCommit } from './facts.ts';
import type { KnownSeries } from './known-series.ts';
import type { SeriesKeys, StudyIdentity } from './series-keys.ts';

export type KeysBySegment = ReadonlyMap<SegmentCommit, SeriesKeys>;

/** `known`: what is told by heart; what is read is added to it. */
export async function resolveKeys(
  client: Queryable,
  segments: readonly SegmentCommit[],
  known?: KnownSeries,
): Promise<KeysBySegment> {
  const keys = new Map<SegmentCommit, SeriesKeys>();
  const unknown: SegmentCommit[] = [];
  for (const segment of segments) {
    const found = known?.get(segment);
    if (found === undefined) unknown.push(segment);
    else keys.set(segment, found);
  }
  if (unknown.length === 0) return keys;
  const read = await readOrDraw(client, unknown);
  for (const segment of unknown) {
    const found = read.get(seriesName(segment));
    if (found === undefined) throw new TypeError('every series is read or its key is drawn');
    keys.set(segment, found);
    if (found.isKnown === true) known?.add(segment, found);
  }
  return keys;
}

async function readOrDraw(
  client: Queryable,
  segments: readonly SegmentCommit[],
): Promise<Map<string, SeriesKeys>> {
  const studyUids = [...new Set(segments.map((segment) => segment.studyInstanceUid))];
  const studies = await readStudies(client, studyUids);
  const series = await readSeries(client, segments, studies);
  const newStudies = studyUids.filter((uid) => !studies.has(uid));
  const names = new Map(segments.map((segment) => [seriesName(segment), segment.studyInstanceUid]));
  const newSeries = [...names.keys()].filter((name) => !series.has(name));
  const drawn = await drawKeys(client, newStudies.length, newSeries.length);
  const studyKeys = new Map(newStudies.map((uid, index) => [uid, drawn.studies[index] ?? 0]));
  const seriesKeys = new Map(newSeries.map((name, index) => [name, drawn.series[index] ?? 0]));
  return new Map(
    [...names].map(([name, studyInstanceUid]) => [
      name,
      {
        studyKey: studies.get(studyInstanceUid)?.studyKey ?? studyKeys.get(studyInstanceUid) ?? 0,
        seriesKey: series.get(name) ?? seriesKeys.get(name) ?? 0,
        study: studies.get(studyInstanceUid)?.identity,
        isKnown: series.has(name),
      },
    ]),
  );
}

interface StudyRow {
  study_key: number;
  study_instance_uid: string;
  facility_id: number;
  patient_key: number;
  patient_id: string | null;
  patient_issuer_id: number;
}

interface FoundStudy {
  readonly studyKey: number;
  readonly identity: StudyIdentity;
}

async function readStudies(client: Queryable, uids: readonly string[]): Promise<Map<string, FoundStudy>> {
  const result = await client.query<StudyRow>({
    name: 'read-studies-of-commit',
    keepsPlan: true,
    text: `select study_key, study_instance_uid, facility_id, patient_key, patient_id, patient_issuer_id
      from study where study_instance_uid = any ($1)`,
    values: [uids],
  });
  return new Map(
    result.rows.map((row) => [
      row.study_instance_uid,
      { studyKey: row.study_key, identity: identityOf(row) },
    ]),
  );
}

function identityOf(row: StudyRow): StudyIdentity {
  return {
    facilityId: row.facility_id,
    patientKey: row.patient_key,
    patientId: row.patient_id ?? undefined,
    patientIssuerId: row.patient_issuer_id,
  };
}

/** Keys by {@link seriesName}. */
async function readSeries(
  client: Queryable,
  segments: readonly SegmentCommit[],
  studies: ReadonlyMap<string, FoundStudy>,
): Promise<Map<string, number>> {
  if (studies.size === 0) return new Map();
  const result = await client.query<{ study_key: number; series_instance_uid: string; series_key: number }>({
    name: 'read-series-of-commit',
    keepsPlan: true,
    text: `select study_key, series_instance_uid, series_key from series
      where study_key = any ($1) and series_instance_uid = any ($2)`,
    values: [
      [...studies.values()].map(({ studyKey }) => studyKey),
      segments.map((segment) => segment.seriesInstanceUid),
    ],
  });
  const uids = new Map([...studies].map(([uid, { studyKey }]) => [studyKey, uid]));
  return new Map(
    result.rows.map((row) => [`${uids.get(row.study_key)} ${row.series_instance_uid}`, row.series_key]),
  );
}

function seriesName(segment: SegmentCommit): string {
  return `${segment.studyInstanceUid} ${segment.seriesInstanceUid}`;
}

async function drawKeys(client: Queryable, studies: number, series: number) {
  if (studies === 0 && series === 0) return { studies: [], series: [] };
  const result = await client.query<{ studies: number[]; series: number[] }>({
    name: 'draw-keys',
    keepsPlan: true,
    text: `select
      coalesce((select array_agg(nextval('study_key_seq')::float8) from generate_series(1, $1::int)), '{}') as studies,
      coalesce((select array_agg(nextval('series_key_seq')::float8) from generate_series(1, $2::int)), '{}') as series`,
    values: [studies, series],
  });
  return result.rows[0] ?? { studies: [], series: [] };
}
