/**
 * What a test of retention believes of an archive: a second account of its studies, registers, holds, schedules and plans,
 * much simpler than the first and written without it. Pure.
 */

/** `YYYY-MM-DD`. */
export type Day = string;

export const DAY_MS = 86_400_000;

export function dayOf(timeMs: number): Day {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** A patient of the hospital. */
export interface ModelPerson {
  readonly patientId: string;
  readonly name: string;
  readonly birthDate: Day | undefined;
}

/** The twins are one name and one birth date under two identifiers: nobody has said whether they are one person. */
export const PATIENTS = {
  plain: { patientId: 'P0', name: 'Plain^Z', birthDate: '1965-07-07' },
  adult: { patientId: 'P1', name: 'Adult^A', birthDate: '1970-05-01' },
  child: { patientId: 'P2', name: 'Child^B', birthDate: '2012-05-01' },
  unborn: { patientId: 'P3', name: 'Unborn^C', birthDate: undefined },
  twin: { patientId: 'P4', name: 'Twin^D', birthDate: '1980-02-03' },
  otherTwin: { patientId: 'P5', name: 'Twin^D', birthDate: '1980-02-03' },
} as const satisfies Record<string, ModelPerson>;

export type PatientName = keyof typeof PATIENTS;

/** What the images of a study say of its day, and of the patient's birth. */
export type StudyKind = 'old' | 'recent' | 'undated' | 'future' | 'before-device' | 'other-birth-date';

/** The device that sends what is `before-device` was not there yet. */
export const COMMISSIONED_ON: Day = '2018-01-01';

export interface ModelStudy {
  readonly uid: string;
  readonly patient: PatientName;
  readonly kind: StudyKind;
  readonly studyDate: Day | undefined;
  readonly birthDate: Day | undefined;
  /** By SOP Instance UID. */
  readonly instances: Map<string, ModelInstance>;
  /** Something of it was sent again that had been taken away: it waits in quarantine. */
  isQuarantined: boolean;
}

export interface ModelInstance {
  readonly sopInstanceUid: string;
  readonly sha256: string;
  /** Purged: a tombstone is left. */
  isGone: boolean;
  /** It was sent again after that. */
  isSentAgain: boolean;
}

/** Years from the study, by the age on its day; or from the last contact. */
export type ModelRule =
  | { readonly adultYears: number; readonly childYears: number }
  | { readonly yearsFromContact: number };

export interface ModelSchedule {
  readonly schedule: string;
  readonly version: number;
  readonly from: Day;
  readonly rule: ModelRule;
  readonly atEnd: 'destroy' | 'review';
}

export type FactKind = 'birth' | 'death' | 'contact';

export interface ModelFact {
  readonly id: string;
  readonly patient: PatientName;
  readonly kind: FactKind;
  readonly on: Day;
  isWithdrawn: boolean;
}

export type LinkState = 'candidate' | 'confirmed' | 'refused';

/** One study, all of a patient, whatever is older than a day (or of no known day), or everything. */
export type ModelScope =
  | { readonly study: string }
  | { readonly patient: PatientName }
  | { readonly before: Day }
  | 'everything';

export interface ModelHold {
  readonly id: string;
  readonly scope: ModelScope;
  readonly placedBy: string;
  isReleased: boolean;
}

export interface ModelRejection {
  readonly id: string;
  readonly study: string;
  readonly instances: ReadonlySet<string>;
  readonly rejectedAtMs: number;
  /** Undefined: by hand. */
  readonly planId: string | undefined;
  isRestored: boolean;
}

export interface ModelItem {
  readonly study: string;
  /** Of a plan of rejections. */
  readonly rejectionId: string | undefined;
  /** What there was of it when it was planned. */
  readonly instances: ReadonlySet<string>;
}

export interface ModelPlan {
  readonly id: string;
  readonly kind: 'schedule' | 'rejections';
  /** `NAME@VERSION`. */
  readonly schedule: string;
  readonly sha256: string;
  readonly madeBy: string;
  readonly expiresAtMs: number;
  readonly items: readonly ModelItem[];
  approvedBy: string | undefined;
  isWithdrawn: boolean;
}

/** A purge that was allowed when it began. */
export interface ModelPurge {
  readonly id: string;
  readonly study: string;
  readonly instances: ReadonlySet<string>;
}

export class RetentionModel {
  readonly startMs: number;
  readonly graceDays: number;
  nowMs: number;
  readonly studies = new Map<string, ModelStudy>();
  readonly facts: ModelFact[] = [];
  /** By {@link pairOf}. */
  readonly links = new Map<string, LinkState>();
  readonly holds: ModelHold[] = [];
  /** In the order of their adoption. */
  readonly adopted: ModelSchedule[] = [];
  readonly plans = new Map<string, ModelPlan>();
  readonly rejections = new Map<string, ModelRejection>();
  readonly purges = new Map<string, ModelPurge>();

  constructor({ startMs, graceDays }: { readonly startMs: number; readonly graceDays: number }) {
    this.startMs = startMs;
    this.nowMs = startMs;
    this.graceDays = graceDays;
  }

  get today(): Day {
    return dayOf(this.nowMs);
  }

  /** A study that is new, or was purged and comes again. */
  study(uid: string, patient: PatientName, kind: StudyKind): ModelStudy {
    const known = this.studies.get(uid);
    if (known !== undefined) return known;
    const study = {
      uid,
      patient,
      kind,
      ...this.#says(patient, kind),
      instances: new Map(),
      isQuarantined: false,
    };
    this.studies.set(uid, study);
    return study;
  }

  #says(patient: PatientName, kind: StudyKind): Pick<ModelStudy, 'studyDate' | 'birthDate'> {
    const { birthDate } = PATIENTS[patient];
    const on = (studyDate: Day | undefined) => ({ studyDate, birthDate });
    if (kind === 'undated') return on(undefined);
    if (kind === 'recent') return on(dayOf(this.startMs - 100 * DAY_MS));
    if (kind === 'future') return on(dayOf(this.startMs + 400 * DAY_MS));
    return kind === 'other-birth-date'
      ? { studyDate: '2015-03-10', birthDate: '1961-01-01' }
      : on('2015-03-10');
  }
}

/** What is there of a study, shown or not. */
export function presentIn({ instances }: ModelStudy): Set<string> {
  return new Set(
    [...instances.values()].filter(({ isGone }) => !isGone).map(({ sopInstanceUid }) => sopInstanceUid),
  );
}

/** What of it can still be rejected. */
export function shownIn(model: RetentionModel, study: ModelStudy): Set<string> {
  const hidden = [...model.rejections.values()].filter(({ isRestored }) => !isRestored);
  return new Set([...presentIn(study)].filter((uid) => !hidden.some(({ instances }) => instances.has(uid))));
}

/** Two patients, in whichever order. */
export function pairOf(one: PatientName, other: PatientName): string {
  return [one, other].toSorted().join(' ');
}

/** What was purged. */
export function goneIn({ studies }: RetentionModel): string[] {
  const instances = [...studies.values()].flatMap((study) => [...study.instances.values()]);
  return instances.flatMap(({ sopInstanceUid, isGone }) => (isGone ? [sopInstanceUid] : []));
}
