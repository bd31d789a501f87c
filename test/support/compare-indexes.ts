/**
 * Compares two indexes of one store row by row, in natural names: codes, UIDs, digests and keys of objects in the place
 * of numbers that only one database knows.
 */
import type { Database } from '@sandyq/database';

/** What may differ, and why. Everything else may not. */
export const ALLOWED_DIFFERENCES = [
  'surrogate keys (study_key, facility_id, …): numbers that one database gives',
  'revision of studies and series: counts transactions, and a rebuild makes fewer; entity tags contain digests too',
  'times_received and last_received_at of quarantine and corrections: counters of repeats that left no bytes',
  'attributes of studies and series without an active instance: nobody is shown them',
  'issuers and patients that nothing refers to: made for instances that were then refused',
  'instance_metadata, series_metadata, known_encoding of byte-equal repeats: droppable caches',
  'where the bytes of discarded entries lay, and their CRCs: they are gone, or nothing reads them',
  'leftover_object_key of quarantine: cleared when the object is gone, which nobody tells the journal',
  'segments that are not live: those whose objects are gone have left nothing to read',
  'when somebody looked at or did something with a segment (verified, replicated, compaction due): work, not facts',
] as const;

/** One thing that one index says and the other does not. */
export interface IndexDifference {
  readonly table: string;
  readonly side: 'only in the first' | 'only in the second';
  readonly row: string;
}

/** Rows that are not in both, table by table; none if the indexes say the same. */
export function compareIndexes(first: Database, second: Database): Promise<IndexDifference[]> {
  return compareRows(first, second, NATURAL_ROWS);
}

/** As {@link compareIndexes}, of the rows that these queries name: by table. */
export async function compareRows(
  first: Database,
  second: Database,
  queries: Readonly<Record<string, string>>,
): Promise<IndexDifference[]> {
  const differences: IndexDifference[] = [];
  for (const [table, text] of Object.entries(queries)) {
    const [left, right] = [await rowsOf(first, text), await rowsOf(second, text)];
    for (const row of without(left, right)) differences.push({ table, side: 'only in the first', row });
    for (const row of without(right, left)) differences.push({ table, side: 'only in the second', row });
  }
  return differences;
}

/** How many rows were compared, by table: a comparison of nothing says nothing. */
export async function countRows(
  database: Database,
  queries: Readonly<Record<string, string>> = NATURAL_ROWS,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [table, text] of Object.entries(queries)) {
    counts[table] = (await rowsOf(database, text)).length;
  }
  return counts;
}

async function rowsOf(database: Database, text: string): Promise<string[]> {
  const found = await database.query<{ row: object }>({ text: `select to_jsonb(n) as row from (${text}) n` });
  return found.rows.map(({ row }) => JSON.stringify(row));
}

/** As often as a row is there too often. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}

const IS_ACTIVE_STUDY = 's.number_of_instances > 0';
const IS_ACTIVE_SERIES = 'e.number_of_instances > 0';
const HEX = (column: string) => `encode(${column}, 'hex')`;
const whenActive = (condition: string, columns: readonly string[]) =>
  columns
    .map((column) => `case when ${condition} then ${column} end as ${column.replace(/^\w+\./, '')}`)
    .join(', ');

const STUDY_ATTRIBUTES = [
  's.patient_name',
  's.patient_name_key',
  's.patient_name_readings',
  's.patient_name_sounds',
  's.patient_name_ideographic_key',
  's.patient_name_phonetic_key',
  's.patient_birth_date',
  's.patient_sex',
  's.study_date',
  's.study_time',
  's.accession_number',
  's.study_id',
  's.study_description',
  's.institution_name',
  's.listed_on',
  's.referring_physician_name',
  's.referring_physician_name_key',
  's.referring_physician_name_readings',
  's.referring_physician_name_sounds',
  's.name_keys_version',
  's.attributes',
  's.received_at',
  's.founded_by',
];

const SERIES_ATTRIBUTES = [
  'e.modality',
  'e.series_number',
  'e.series_description',
  'e.body_part_examined',
  'e.laterality',
  'e.manufacturer',
  'e.manufacturer_model_name',
  'e.station_name',
  'e.device_serial_number',
  'e.institution_name',
  'e.series_date',
  'e.series_time',
  'e.performed_procedure_step_start_date',
  'e.performed_procedure_step_start_time',
  'e.attributes',
  'e.received_at',
  'e.founded_by',
];

const NATURAL_ROWS = {
  issuer: `select i.local_namespace, i.universal_id, i.universal_id_type from issuer i
    where exists (select from facility f where i.issuer_id in (f.patient_issuer_id, f.accession_issuer_id))
      or exists (select from device d where i.issuer_id in (d.patient_issuer_id, d.accession_issuer_id))
      or exists (select from study s where i.issuer_id in (s.patient_issuer_id, s.accession_issuer_id))
      or exists (select from identity_conflict c where c.patient_issuer_id = i.issuer_id)
      or i.universal_id is not null`,
  facility: `select f.code, f.name, p.local_namespace as patient_issuer, a.local_namespace as accession_issuer,
      f.assumed_character_set, date_trunc('milliseconds', f.created_at) as created_at
    from facility f join issuer p on p.issuer_id = f.patient_issuer_id
    join issuer a on a.issuer_id = f.accession_issuer_id`,
  device: `select d.code, f.code as facility, d.manufacturer, d.model, d.serial_number, d.modality, d.origin,
      d.assumed_character_set, p.local_namespace as patient_issuer, a.local_namespace as accession_issuer,
      d.quarantine_quota_bytes, date_trunc('milliseconds', d.created_at) as created_at
    from device d join facility f using (facility_id) left join issuer p on p.issuer_id = d.patient_issuer_id
    left join issuer a on a.issuer_id = d.accession_issuer_id`,
  api_key: `select k.api_key_id, ${HEX('k.secret_hash')} as secret_hash, k.name, k.roles, f.code as facility,
      d.code as device, k.created_by, date_trunc('milliseconds', k.created_at) as created_at,
      date_trunc('milliseconds', k.revoked_at) as revoked_at
    from api_key k left join facility f on f.facility_id = k.facility_id left join device d on d.device_id = k.device_id`,
  patient: `select i.local_namespace, p.value, (select array_agg(distinct s.study_instance_uid order by
      s.study_instance_uid) from study s where s.patient_key = p.patient_key
        and exists (select from instance n where n.study_key = s.study_key)) as studies
    from patient_identifier p join issuer i using (issuer_id)
    where exists (select from study s join instance n on n.study_key = s.study_key where s.patient_key = p.patient_key)
      or exists (select from identity_conflict c where c.patient_issuer_id = p.issuer_id and c.patient_id = p.value)`,
  study: `select s.study_instance_uid, f.code as facility, s.patient_id, i.local_namespace as patient_issuer,
      (select array_agg(p.value order by p.value) from patient_identifier p where p.patient_key = s.patient_key) as patient,
      s.patient_issuer_assigned, s.modalities, s.sop_classes, s.number_of_series, s.number_of_instances,
      date_trunc('milliseconds', s.updated_at) as updated_at,
      case when ${IS_ACTIVE_STUDY} then a.local_namespace end as accession_issuer,
      ${whenActive(IS_ACTIVE_STUDY, STUDY_ATTRIBUTES)}, s.founding_due
    from study s join facility f using (facility_id) join issuer i on i.issuer_id = s.patient_issuer_id
    left join issuer a on a.issuer_id = s.accession_issuer_id
    where exists (select from instance n where n.study_key = s.study_key)`,
  series: `select s.study_instance_uid, e.series_instance_uid, e.number_of_instances,
      case when ${IS_ACTIVE_SERIES} then d.code end as device, ${whenActive(IS_ACTIVE_SERIES, SERIES_ATTRIBUTES)},
      e.founding_due
    from series e join study s using (study_key) left join device d on d.device_id = e.device_id
    where exists (select from instance n where n.study_key = e.study_key and n.series_key = e.series_key)`,
  series_request: `select s.study_instance_uid, e.series_instance_uid, r.ordinal, r.requested_procedure_id,
      r.scheduled_procedure_step_id, r.accession_number
    from series_request r join series e using (study_key, series_key) join study s on s.study_key = r.study_key
    where ${IS_ACTIVE_SERIES}`,
  sop_instance: `select p.sop_instance_uid, s.study_instance_uid, e.series_instance_uid, g.object_key, p.ordinal,
      ${HEX('p.sha256')} as sha256, p.state
    from sop_instance p left join study s using (study_key) left join series e using (study_key, series_key)
    left join segment g using (segment_id)`,
  instance: `select s.study_instance_uid, e.series_instance_uid, i.sop_instance_uid, i.sop_class_uid, i.state,
      i.instance_number, i.content_date, i.content_time, g.object_key, i.ordinal, i.entry_offset, i.entry_length,
      ${HEX('i.sha256')} as sha256, i.transfer_syntax_uid, i.rows, i.columns, i.bits_allocated, i.number_of_frames,
      i.photometric_interpretation, i.samples_per_pixel, i.is_lossy, i.pixel_data, i.bulk_data, ${HEX('i.crc32')} as crc32, i.character_set,
      i.received_at, coalesce(i.origin_segment_id, i.segment_id) as origin, i.is_damaged
    from instance i join study s using (study_key) join series e using (study_key, series_key)
    left join segment g on g.segment_id = i.segment_id`,
  segment: `select g.segment_id, g.object_key, f.code as facility, d.code as device, g.principal_id, g.size_bytes,
      ${HEX('g.receipt_sha256')} as receipt_sha256, g.received_at, g.entries, g.clock_offset_ms,
      g.character_set_alarms, g.condition, g.verdicts_due
    from segment g join facility f using (facility_id) left join device d on d.device_id = g.device_id
    where g.state = 'live'`,
  quarantine: `select q.quarantine_id, ${HEX('q.sha256')} as sha256, q.reason, q.message, f.code as facility, d.code as device,
      q.principal_id, q.entry_length,
      ${whenActive("q.state <> 'discarded'", ['q.object_key', 'q.entry_offset', 'q.segment_id'])},
      case when q.state <> 'discarded' then ${HEX('q.crc32')} end as crc32,
      q.origin_segment_id, q.study_instance_uid, q.series_instance_uid, q.sop_instance_uid, q.received_at, q.state,
      q.decided_by, date_trunc('milliseconds', q.decided_at) as decided_at
    from quarantine q join facility f using (facility_id) left join device d on d.device_id = q.device_id`,
  proposed_correction: `select c.proposed_correction_id, c.sop_instance_uid, s.study_instance_uid,
      ${HEX('c.sha256')} as sha256, c.origin_segment_id,
      ${whenActive("c.state <> 'discarded'", ['c.object_key', 'c.segment_id', 'c.ordinal', 'c.entry_offset', 'c.entry_length'])},
      case when c.state <> 'discarded' then ${HEX('c.crc32')} end as crc32, f.code as facility, d.code as device, c.principal_id, c.received_at,
      c.state, c.decided_by, date_trunc('milliseconds', c.decided_at) as decided_at
    from proposed_correction c left join study s using (study_key) join facility f on f.facility_id = c.facility_id
    left join device d on d.device_id = c.device_id`,
  identity_conflict: `select c.sop_instance_uid, s.study_instance_uid, e.series_instance_uid, i.local_namespace as issuer,
      c.patient_id, f.code as facility, d.code as device, c.received_at, c.state
    from identity_conflict c join study s using (study_key) join series e using (study_key, series_key)
    join issuer i on i.issuer_id = c.patient_issuer_id join facility f on f.facility_id = c.facility_id
    left join device d on d.device_id = c.device_id`,
  known_encoding: `select k.sop_instance_uid, ${HEX('k.sha256')} as sha256, k.same_encoding
    from known_encoding k left join sop_instance p using (sop_instance_uid)
    where p.sha256 is distinct from k.sha256`,
} as const;
