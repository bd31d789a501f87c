/** Studies as schedules judge them (packages/retention): one, under the lock of whoever decides on it, or all of them. */
import type { RetentionSubject, SubjectDetail, SubjectPatient } from '@sandyq/retention';
import type { Database, Queryable } from '../database.ts';
import { readAhead } from './read-ahead.ts';
import { readPersons } from './read-persons.ts';
import { shareRegisters } from './registers-lock.ts';
import { readStudyRow, readStudyRows, type StudyPage, type StudyRow, toSubject } from './study-inputs.ts';
import { endOfStretch, fetchStretch, type SubjectCursor, type SubjectStretch } from './subject-stretch.ts';

/** Studies of one batch. */
const BATCH_STUDIES = 1_000;

/**
 * The study, with every detail; undefined if there is none, or nothing is left of it. In a transaction that decides, call it after the study is
 * locked: until the transaction ends no register is written to. The person is read last, so that a link that settles a
 * conflict is never missed.
 */
export async function readSubject(
  client: Queryable,
  studyInstanceUid: string,
): Promise<RetentionSubject | undefined> {
  await shareRegisters(client);
  const row = await readStudyRow(client, studyInstanceUid);
  if (row === undefined) return undefined;
  const persons = await readPersons(client, [row.patient_key]);
  return toSubject(row, personOf(persons, row.patient_key));
}

/** Which studies are streamed, and what of them. */
export interface SubjectStream {
  /** What is going to be asked of them (`detailsAskedBy`): to ask for more is an error. */
  readonly details: ReadonlySet<SubjectDetail>;
  /** Only those of this facility. */
  readonly facilityId?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All studies, patient by patient, in batches of a bounded size; the next ones are read while one is worked on. Each batch is
 * of its own moment: whoever decides reads the study again.
 */
export async function* streamSubjects(
  database: Database,
  { details, facilityId, signal }: SubjectStream,
): AsyncGenerator<readonly RetentionSubject[], void, undefined> {
  for await (const batch of readAhead(batches(database, { details, facilityId }))) {
    signal?.throwIfAborted();
    yield batch;
  }
}

/** Pages of studies with the people whom they are about; the last one of a page may have more studies in the next. */
async function* batches(
  database: Database,
  page: StudyPage,
): AsyncGenerator<readonly RetentionSubject[], void, undefined> {
  let last: ReadonlyMap<number, SubjectPatient> = new Map();
  for await (const rows of readAhead(pages(database, page))) {
    const persons = await personsOf(database, rows, last);
    yield rows.map((row) => toSubject(row, personOf(persons, row.patient_key)));
    last = new Map([...persons].slice(-1));
  }
}

/** In the order of patients. */
async function* pages(
  database: Database,
  page: StudyPage,
): AsyncGenerator<readonly StudyRow[], void, undefined> {
  for await (const stretch of readAhead(stretches(database)))
    yield await readStudyRows(database, stretch, page);
}

/** Where pages begin and end. What lies far apart is fetched from the disk for all of a page at once. */
async function* stretches(database: Database): AsyncGenerator<SubjectStretch, void, undefined> {
  let after: SubjectCursor = { patientKey: 0, studyKey: 0 };
  for (;;) {
    const upTo = await endOfStretch(database, after, BATCH_STUDIES);
    if (upTo === undefined) return;
    await fetchStretch(database, { after, upTo });
    yield { after, upTo };
    after = upTo;
  }
}

async function personsOf(
  database: Database,
  rows: readonly StudyRow[],
  known: ReadonlyMap<number, SubjectPatient>,
): Promise<Map<number, SubjectPatient>> {
  const keys = [...new Set(rows.map((row) => row.patient_key))];
  const read = await readPersons(
    database,
    keys.filter((key) => !known.has(key)),
  );
  return new Map(keys.map((key) => [key, personOf(read.has(key) ? read : known, key)]));
}

function personOf(persons: ReadonlyMap<number, SubjectPatient>, patientKey: number): SubjectPatient {
  const person = persons.get(patientKey);
  if (person === undefined) throw new TypeError('every study has a patient');
  return person;
}
