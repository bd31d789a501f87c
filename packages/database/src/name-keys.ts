/**
 * Keys of names (index-attributes.ts, nameKeysOf) for studies that have none or those of former rules. They are derived from
 * the names in the index, so that nothing is read from the store; who upgrades need not rebuild.
 */
import { nameReadingsVersion } from '@sandyq/dicom';
import type { Database } from './database.ts';
import { nameKeysOf } from './index-attributes.ts';

/** Studies of one transaction. */
const STUDIES_AT_ONCE = 500;

interface NamesRow {
  study_key: number;
  patient_name: string | null;
  referring_physician_name: string | null;
}

/** Makes the keys of some studies; several processes may do it at once. Returns how many, 0 when all have theirs. */
export async function settleNameKeys(database: Database): Promise<number> {
  return database.inTransaction(async (client) => {
    const found = await client.query<NamesRow>({
      name: 'read-names-without-keys',
      text: `select study_key, patient_name, referring_physician_name from study
        where name_keys_version < $1 order by name_keys_version, study_key limit $2 for no key update skip locked`,
      values: [nameReadingsVersion, STUDIES_AT_ONCE],
    });
    if (found.rows.length === 0) return 0;
    await client.query({
      name: 'set-name-keys',
      text: `update study s set patient_name_readings = n.patient->>'readings',
          patient_name_sounds = ${SOUNDS('patient')},
          referring_physician_name_readings = n.referring->>'readings',
          referring_physician_name_sounds = ${SOUNDS('referring')},
          name_keys_version = $2
        from jsonb_to_recordset($1::jsonb) as n(study_key bigint, patient jsonb, referring jsonb)
        where s.study_key = n.study_key`,
      values: [
        JSON.stringify(
          found.rows.map((row) => ({
            study_key: row.study_key,
            patient: nameKeysOf(row.patient_name),
            referring: nameKeysOf(row.referring_physician_name),
          })),
        ),
        nameReadingsVersion,
      ],
    });
    return found.rows.length;
  });
}

const SOUNDS = (name: string) => `case when jsonb_typeof(n.${name}->'sounds') = 'array'
  then array(select jsonb_array_elements_text(n.${name}->'sounds')) end`;

/** How many studies are still without the keys of these rules; counts to `limit`. */
export async function countNameKeysDue(database: Database, limit: number): Promise<number> {
  const result = await database.query<{ count: number }>({
    text: `select count(*)::int as count from (
      select from study where name_keys_version < $1 limit $2) due`,
    values: [nameReadingsVersion, limit],
  });
  return result.rows[0]?.count ?? 0;
}
