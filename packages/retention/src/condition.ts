/** Conditions of rules and of live holds. All members must hold; an empty condition holds for every study. */
import type { CalendarDate } from './calendar-date.ts';
import type { Period } from './period.ts';

/** Which studies are meant. Lists hold if any of their values does. */
export interface Condition {
  /** Modality (0008,0060) of any series. */
  readonly modality?: readonly string[];
  /** Body Part Examined (0018,0015) of any series. */
  readonly bodyPart?: readonly string[];
  readonly sopClass?: readonly string[];
  /** Codes. */
  readonly facility?: readonly string[];
  readonly region?: readonly string[];
  readonly device?: readonly string[];
  readonly programme?: readonly string[];
  /** Diagnosis classes of the patient. */
  readonly diagnosis?: readonly string[];
  /** Attributes of the study: keyword → pattern with `*` and `?`, upper and lower case alike. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly studyDate?: DateBounds;
  readonly birthDate?: DateBounds;
  /** Age on the study date. */
  readonly ageAtStudy?: AgeBounds;
  /** Age on the day of the last contact, as far as it is registered. */
  readonly ageAtLastContact?: AgeBounds;
  /** Whether a death is registered. */
  readonly death?: boolean;
  /** The patient died within this period of the last contact. */
  readonly deathWithin?: Period;
  /** A later study of the same patient exists (or does not). */
  readonly laterStudies?: LaterStudies;
  readonly study?: readonly string[];
  readonly accessionNumber?: readonly string[];
  readonly patient?: readonly { readonly issuer: string; readonly id: string }[];
  readonly any?: readonly Condition[];
  readonly not?: Condition;
}

/** From one day on, and before another one. */
export interface DateBounds {
  readonly from?: CalendarDate;
  readonly before?: CalendarDate;
}

/** `from`: this age was reached; `under`: it was not. */
export interface AgeBounds {
  readonly from?: Period;
  readonly under?: Period;
}

/** Which later studies count. */
export interface LaterStudies {
  readonly modality?: readonly string[];
  /** Only those of the same facility. */
  readonly sameFacility?: boolean;
  /** Only those no longer than this after the study. */
  readonly within?: Period;
}
