/** Keys of a series and its study, and what is known of their rows. Types only. */

/** Whose a study is: never changed once it has a row. */
export interface StudyIdentity {
  readonly facilityId: number;
  readonly patientKey: number;
  readonly patientId: string | undefined;
  readonly patientIssuerId: number;
}

export interface SeriesKeys {
  readonly studyKey: number;
  readonly seriesKey: number;
  /** undefined: the study has no row yet. */
  readonly study?: StudyIdentity | undefined;
  /** The series has a row. */
  readonly isKnown?: boolean;
}
