/** What retention knows of a study. Absent means not known; who reads it from the index leaves nothing out that is asked for. */
import type { CalendarDate } from './calendar-date.ts';
import type { ReadDetails } from './subject-details.ts';

/** A study: the unit of retention. */
export interface RetentionSubject extends ReadDetails {
  readonly studyInstanceUid: string;
  /** Study Date (0008,0020). */
  readonly studyDate?: CalendarDate;
  /** When its first instance was received. */
  readonly firstReceivedAt: Date;
  /** Accession Number (0008,0050). */
  readonly accessionNumber?: string;
  /** Of its series. */
  readonly modalities: readonly string[];
  /** Code of the owning facility, and its region, where that is registered. */
  readonly facility: string;
  readonly region?: string;
  /** The latest day on which one of its devices was commissioned; absent where none was after the study date. */
  readonly commissionedOn?: CalendarDate;
  readonly patient: SubjectPatient;
  /** Instances of it are kept back, because they name another patient. */
  readonly hasIdentityConflict: boolean;
}

/** The patient under all confirmed identifiers. */
export interface SubjectPatient {
  /** (issuer, Patient ID) and what is confirmed to be the same person. */
  readonly identifiers: readonly PatientIdentifier[];
  /** Different Patient's Birth Dates (0010,0030) that studies and registers name; more than one is a conflict. */
  readonly birthDates: readonly CalendarDate[];
  /** Different dates of death that registers name. */
  readonly deathDates: readonly CalendarDate[];
  /** Latest contact that was registered. */
  readonly registeredContact?: CalendarDate;
  readonly diagnoses: readonly Diagnosis[];
  /**
   * All other studies of the person. That this one is among them makes no difference: who judges all of them gives the same
   * list to each.
   */
  readonly otherStudies: readonly OtherStudy[];
  /** People who may be the same (proposed, or of like name and birth date) and of whom nobody has said yes or no. */
  readonly unconfirmedCandidates: number;
}

/** (issuer, Patient ID). */
export interface PatientIdentifier {
  readonly issuer: string;
  readonly id: string;
}

/** A diagnosis that rules may speak of, e.g. `cancer`. */
export interface Diagnosis {
  readonly diagnosisClass: string;
  readonly date: CalendarDate;
}

/** Another study of the person. */
export interface OtherStudy {
  /** Study Date; absent: unknown. */
  readonly studyDate?: CalendarDate;
  readonly firstReceivedAt: Date;
  readonly modalities: readonly string[];
  readonly facility: string;
}
