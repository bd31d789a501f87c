/** Studies of named people in an index of their own, for tests of registers and retention. */
import type { DicomJson } from '@sandyq/dicom';
import { GroupCommit } from '../commit/group-commit.ts';
import type { Database } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { segmentCommit } from './segment-commits.ts';

/** What a test says of an instance; the rest is ordinary. */
export interface StudyOfPerson {
  readonly studyInstanceUid: string;
  /** Defaults to the study's UID followed by `.1`. */
  readonly seriesInstanceUid?: string;
  /** Defaults to the series' UID followed by `.1`. */
  readonly sopInstanceUid?: string;
  /** undefined: Patient ID is absent. */
  readonly patientId: string | undefined;
  readonly facility?: Facility;
  readonly deviceId?: number;
  /** `YYYYMMDD`; empty: absent. */
  readonly studyDate?: string;
  readonly birthDate?: string;
  readonly name?: string;
  readonly modality?: string;
  readonly bodyPart?: string;
  readonly receivedAt?: Date;
  readonly attributes?: DicomJson;
}

/** Commits instances as ingest does. */
export class People {
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly facility: Facility;

  private constructor(database: Database, facility: Facility) {
    this.#database = database;
    this.#commits = new GroupCommit(database);
    this.facility = facility;
  }

  /** Makes the facility that everything comes from unless told otherwise. */
  static async in(database: Database, code = 'hospital'): Promise<People> {
    const facility = await database.inTransaction((client) =>
      createFacility(client, { code, name: code }, 'test'),
    );
    return new People(database, facility);
  }

  addFacility(code: string): Promise<Facility> {
    return this.#database.inTransaction((client) => createFacility(client, { code, name: code }, 'test'));
  }

  /** Stores one instance; returns what became of it. */
  async store(study: StudyOfPerson): Promise<string> {
    const { studyInstanceUid, facility = this.facility, deviceId, receivedAt } = study;
    const seriesInstanceUid = study.seriesInstanceUid ?? `${studyInstanceUid}.1`;
    const sopInstanceUid = study.sopInstanceUid ?? `${seriesInstanceUid}.1`;
    const made = segmentCommit({
      studyInstanceUid,
      seriesInstanceUid,
      facilityId: facility.facilityId,
      issuerId: facility.patientIssuerId,
      instances: [{ sopInstanceUid, patientId: study.patientId, attributes: attributesOf(study) }],
    });
    const segment = { ...made, deviceId, receivedAt: receivedAt ?? made.receivedAt };
    const [outcome] = await this.#commits.submit(segment);
    return outcome?.kind ?? 'nothing';
  }
}

function attributesOf(study: StudyOfPerson): DicomJson {
  const { studyDate, birthDate, name, modality, bodyPart, attributes } = study;
  const element = (vr: 'DA' | 'CS', value: string | undefined) =>
    value === undefined || value === '' ? { vr } : { vr, Value: [value] };
  return {
    '00080020': element('DA', studyDate ?? '20100615'),
    '00080060': element('CS', modality ?? 'CT'),
    '00180015': element('CS', bodyPart),
    '00100010': { vr: 'PN', Value: [{ Alphabetic: name ?? 'Doe^Jane' }] },
    '00100030': element('DA', birthDate),
    ...attributes,
  };
}
