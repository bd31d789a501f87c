/** An index of named people whose studies are read as schedules judge them; each test has a patient and a study of its own. */
import type { RetentionSubject } from '@sandyq/retention';
import type { Database } from '../database.ts';
import { readSubject } from '../retention/subjects.ts';
import { People } from './people.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** Nobody else's. */
export interface OwnStudy {
  readonly number: number;
  readonly patientId: string;
  /** Study Instance UID; those that begin with it and a dot are the test's as well. */
  readonly study: string;
}

export class JudgedPeople {
  readonly #test: TestDatabase;
  readonly people: People;
  #number = 0;

  private constructor(test: TestDatabase, people: People) {
    this.#test = test;
    this.people = people;
  }

  static async start(): Promise<JudgedPeople> {
    const test = await createTestDatabase();
    return new JudgedPeople(test, await People.in(test.database));
  }

  get database(): Database {
    return this.#test.database;
  }

  /** Of the next test. */
  next(): OwnStudy {
    this.#number += 1;
    return {
      number: this.#number,
      patientId: `P${this.#number}`,
      study: `2.25.${this.#number}00`,
    };
  }

  /** As whoever decides on the study reads it. Throws where there is none. */
  async subjectOf(studyInstanceUid: string): Promise<RetentionSubject> {
    const subject = await this.database.inTransaction((client) => readSubject(client, studyInstanceUid));
    if (subject === undefined) throw new Error('no such study');
    return subject;
  }

  drop(): Promise<void> {
    return this.#test.drop();
  }
}
