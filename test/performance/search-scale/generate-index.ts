/**
 * An index of any size, straight into the real schema: as if `studies` studies had arrived at forty facilities, a million in ten years.
 * The same seed makes the same rows. Instances have rows below one study in fifty only; the counts of all agree.
 */
import { nameReadingsVersion } from '@sandyq/dicom';
import type pg from 'pg';
import { SeededRandom } from '../../support/seeded-random.ts';
import { withBareTables } from './bare-tables.ts';
import { drawPerson, type Person } from './people.ts';
import { INSTANCES, PATIENTS, REQUESTS, SERIES, STUDIES } from './rows-of-studies.ts';

export interface GeneratedSize {
  readonly studies: number;
  readonly seed: number;
  /** What is being made. */
  readonly onStep?: (what: string) => void;
}

export const FACILITIES = 40;
/** Patients have three studies each. */
const STUDIES_A_PATIENT = 3;
const MOST_NAMES = 60_000;
const PHYSICIANS = 3_000;
const PEOPLE_AT_ONCE = 1_000;
const FILLED = [
  'patient',
  'patient_identifier',
  'study',
  'series',
  'series_request',
  'instance',
  'sop_instance',
];

/** Fills an empty, migrated database. */
export async function generateIndex(client: pg.Client, size: GeneratedSize): Promise<void> {
  const { studies, seed, onStep = () => undefined } = size;
  const patients = Math.ceil(studies / STUDIES_A_PATIENT);
  const names = Math.min(patients, MOST_NAMES);
  await client.query(`set statement_timeout = 0`);
  await client.query(`set maintenance_work_mem = '512MB'`);
  await client.query(DRAW);
  onStep('people');
  await insertFacilities(client);
  await insertPeople(client, names + PHYSICIANS, new SeededRandom(seed));
  await withBareTables(client, FILLED, async () => {
    onStep('patients');
    await client.query(PATIENTS, [patients]);
    onStep('studies');
    await client.query(STUDIES, [studies, patients, names, PHYSICIANS, nameReadingsVersion]);
    onStep('series');
    await client.query(SERIES);
    await client.query(REQUESTS);
    onStep('instances');
    for (const statement of INSTANCES) await client.query(statement);
    onStep('indexes');
  });
  onStep('statistics');
  await client.query('vacuum analyze');
}

/** A number in [0, 1) that follows from a row and a purpose. */
const DRAW = `create function pg_temp.draw(of_row bigint, purpose bigint) returns double precision language sql immutable as
  $$ select (hashint8extended(of_row, purpose) & 1073741823) / 1073741824.0 $$`;

async function insertFacilities(client: pg.Client): Promise<void> {
  await client.query(
    `insert into issuer (local_namespace) select 'HOSPITAL-' || n from generate_series(1, ${FACILITIES}) n`,
  );
  await client.query(`insert into facility (code, name, patient_issuer_id, accession_issuer_id)
    select 'hospital-' || n, 'City Hospital ' || n, i.issuer_id, i.issuer_id
    from generate_series(1, ${FACILITIES}) n join issuer i on i.local_namespace = 'HOSPITAL-' || n`);
}

async function insertPeople(client: pg.Client, count: number, random: SeededRandom): Promise<void> {
  await client.query(`create temporary table person (number bigint primary key, name text, key text collate "C",
    ideographic_key text collate "C", readings text collate "C", sounds text[], json jsonb)`);
  for (let first = 0; first < count; first += PEOPLE_AT_ONCE) {
    const people = Array.from({ length: Math.min(PEOPLE_AT_ONCE, count - first) }, (_, index) =>
      personRow(first + index, drawPerson(random)),
    );
    await client.query(
      `insert into person select number, name, key, ideographic_key, readings,
          nullif(array(select jsonb_array_elements_text(sounds)), '{}'), json
        from jsonb_to_recordset($1::jsonb) as p(number bigint, name text, key text, ideographic_key text, readings text,
          sounds jsonb, json jsonb)`,
      [JSON.stringify(people)],
    );
  }
  await client.query('analyze person');
}

function personRow(number: number, person: Person) {
  return {
    number,
    name: person.name,
    key: person.key,
    ideographic_key: person.ideographicKey,
    readings: person.readings,
    sounds: person.sounds,
    json: {
      Alphabetic: person.alphabetic,
      ...(person.ideographic !== '' && { Ideographic: person.ideographic }),
    },
  };
}
