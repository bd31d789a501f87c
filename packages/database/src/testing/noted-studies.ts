/** Studies that rejection notes name before and after they come, for tests of the index alone. */
import { randomUUID } from 'node:crypto';
import type { SegmentCommit } from '../commit/facts.ts';
import { GroupCommit } from '../commit/group-commit.ts';
import { type Database, openDatabase, type Queryable } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { keepUids } from '../retention/awaited-instances.ts';
import { rejectInstances } from '../retention/rejections.ts';
import { restoreRejection } from '../retention/restore-rejection.ts';
import { segmentCommit } from './segment-commits.ts';
import { createTestDatabase } from './test-database.ts';

/** A note on instances of series 1 of a study. */
export interface TestNote {
  readonly study: string;
  readonly numbers: readonly number[];
  /** The series that it speaks of; 1 unless it is wrong. */
  readonly series?: number;
  readonly facility?: Facility;
  readonly noteUid?: string;
  /** When it came. */
  readonly at?: Date;
}

/** How instances arrive. */
export interface Arrival {
  readonly patientId?: string;
  readonly facility?: Facility;
  /** Seed of their bytes. */
  readonly bytes?: string;
}

const GRACE_MS = 30 * 86_400_000;

/** A database of two facilities. Instance `number` of a study has the UID `{study}.1.{number}`. */
export class NotedStudies {
  readonly database: Database;
  /** The same, as another process has it. */
  readonly elsewhere: Database;
  readonly clinic: Facility;
  readonly #hospital: Facility;
  readonly #drop: () => Promise<void>;
  #studies = 0;

  private constructor(
    databases: { readonly database: Database; readonly elsewhere: Database },
    facilities: { readonly hospital: Facility; readonly clinic: Facility },
    drop: () => Promise<void>,
  ) {
    this.database = databases.database;
    this.elsewhere = databases.elsewhere;
    this.#hospital = facilities.hospital;
    this.clinic = facilities.clinic;
    this.#drop = drop;
  }

  static async start(): Promise<NotedStudies> {
    const { database, connectionString, drop } = await createTestDatabase();
    const elsewhere = openDatabase({ connectionString, maxConnections: 4 });
    const hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
    const clinic = await createFacility(database, { code: 'clinic', name: 'Clinic' }, 'test');
    return new NotedStudies({ database, elsewhere }, { hospital, clinic }, async () => {
      await elsewhere.close();
      await drop();
    });
  }

  stop(): Promise<void> {
    return this.#drop();
  }

  newStudy(): string {
    this.#studies += 1;
    return `1.3.${this.#studies}`;
  }

  /** As packages/disposition has it take effect; returns the id of its rejection. `last`: in the transaction. */
  async note(note: TestNote, on = this.database, last?: () => Promise<void>): Promise<string> {
    const rejectionId = randomUUID();
    await on.inTransaction(async (client) => {
      await this.#takeEffect(client, rejectionId, note);
      await last?.();
    });
    return rejectionId;
  }

  async #takeEffect(client: Queryable, rejectionId: string, note: TestNote): Promise<void> {
    const {
      study,
      numbers,
      series = 1,
      facility = this.#hospital,
      noteUid = `${study}.9`,
      at = new Date(),
    } = note;
    const { facilityId, code } = facility;
    const named = numbers.map((number) => `${study}.1.${number}`);
    const kept = await keepUids(client, named, facilityId);
    const awaited = { facilityId, facility: code, sopInstanceUids: [...kept] };
    await rejectInstances(client, {
      rejectionId,
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.${series}`,
      sopInstanceUids: named,
      reasonCode: '113037',
      reasonText: 'patient safety',
      noteUid,
      rejectedBy: 'scanner',
      now: at,
      restoreUntil: new Date(at.getTime() + GRACE_MS),
      awaited: kept.size === 0 ? undefined : awaited,
    });
  }

  /** What becomes of instances that arrive together. */
  async arrive(study: string, numbers: readonly number[], arrival: Arrival = {}): Promise<string[]> {
    const outcomes = await new GroupCommit(this.database).submit(this.segmentOf(study, numbers, arrival));
    return outcomes.map(({ kind }) => kind);
  }

  segmentOf(
    study: string,
    numbers: readonly number[],
    { patientId = 'P1', facility = this.#hospital, bytes }: Arrival = {},
  ): SegmentCommit {
    return segmentCommit({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      facilityId: facility.facilityId,
      issuerId: this.#hospital.patientIssuerId,
      instances: numbers.map((number) => ({
        sopInstanceUid: `${study}.1.${number}`,
        patientId,
        ...(bytes !== undefined && { bytes: `${bytes} ${number}` }),
      })),
    });
  }

  /** Returns how many instances are shown again. */
  restore(rejectionId: string, on: Queryable = this.database): Promise<number> {
    const restoration = { rejectionId, reason: 'by mistake', restoredBy: 'berik', now: new Date() };
    if (on !== this.database) return restoreRejection(on, restoration);
    return this.database.inTransaction((client) => restoreRejection(client, restoration));
  }

  /** States of the UIDs of a study. */
  async statesOf(study: string): Promise<string[]> {
    const { rows } = await this.database.query<{ state: string }>({
      text: `select state from sop_instance where sop_instance_uid like $1 || '.1.%' order by sop_instance_uid`,
      values: [study],
    });
    return rows.map(({ state }) => state);
  }

  /** What the index says of a study but for keys, ids and times. */
  async rowsOf(study: string): Promise<Record<string, unknown>> {
    const { rows } = await this.database.query({ text: ROWS, values: [study] });
    const { rows: shown } = await this.database.query({ text: SHOWN, values: [study] });
    return { ...rows[0], shown };
  }
}

const ROWS = `select
  (select array_agg(p.state || ' ' || coalesce(i.state, '-') || ' ' || replace(p.sop_instance_uid, $1, '')
      order by p.sop_instance_uid)
    from sop_instance p left join instance i using (study_key, sop_instance_uid)
    where p.sop_instance_uid like $1 || '.1.%') as instances,
  (select array_agg(replace(r.sop_instance_uid, $1, '') || ' ' || j.reason_code || ' ' || j.state
      order by r.sop_instance_uid)
    from rejected_instance r join rejection j using (rejection_id) where r.study_instance_uid = $1) as register,
  (select count(*) from rejection where study_instance_uid = $1) as rejections,
  (select count(*) from awaited_instance where sop_instance_uid like $1 || '.1.%') as awaited,
  (select array_agg(e.number_of_instances || ' ' || coalesce(replace(e.founded_by, $1, ''), '-')) from series e
    join study s using (study_key) where s.study_instance_uid = $1) as series`;

const SHOWN = `select number_of_instances, number_of_series, founded_by is null as is_empty from study
  where study_instance_uid = $1`;
