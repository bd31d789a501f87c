/** What is said of a patient or a study for a register, and what of it must be right before it is written. */
import type { PatientFactKind } from '@sandyq/database';
import { isWellFormedUid } from '@sandyq/dicom';
import { addDays, type CalendarDate, dayIn, isRetentionError, parseCalendarDate } from '@sandyq/retention';
import type { NamedPatient } from '@sandyq/storage';
import { DispositionError } from '../errors.ts';
import { readText } from '../holds/hold-request.ts';

/** A fact as a person says it. */
export interface FactRequest extends NamedPatient {
  readonly kind: string;
  /** Of a diagnosis, and of nothing else. */
  readonly diagnosisClass?: string | undefined;
  /** `YYYY-MM-DD`. */
  readonly on: string;
  readonly source: string;
}

/** A fact that can be registered. */
export interface ReadFact extends NamedPatient {
  readonly kind: PatientFactKind;
  readonly diagnosisClass: string | undefined;
  readonly on: CalendarDate;
  readonly source: string;
}

/** Longest name in a register, in characters: fits into a line of the journal. */
const longestName = 256;
const factKinds: readonly PatientFactKind[] = ['birth', 'death', 'contact', 'diagnosis'];

/** The fact, read. Throws DispositionError('bad-input') that says what is wrong, without the value. */
export function readFact(request: FactRequest, now: Date): ReadFact {
  const kind = factKinds.find((known) => known === request.kind);
  if (kind === undefined) throw badInput(`The kind must be one of ${factKinds.join(', ')}.`);
  const { diagnosisClass } = request;
  if ((kind === 'diagnosis') !== (diagnosisClass !== undefined))
    throw badInput('A class belongs to a diagnosis, and a diagnosis has one.');
  return {
    ...readPatient(request),
    kind,
    diagnosisClass: diagnosisClass === undefined ? undefined : readText('class', diagnosisClass, longestName),
    on: readPastDay(request.on, now),
    source: readText('source', request.source, longestName),
  };
}

/** Issuer and Patient ID as they stand in the index. Throws DispositionError('bad-input'). */
export function readPatient({ issuer, patientId }: NamedPatient): NamedPatient {
  return {
    issuer: readText('issuer', issuer, longestName),
    patientId: readText('Patient ID', patientId, longestName),
  };
}

/** That a study belongs to a programme, as a person says it. */
export interface ProgrammeRequest {
  readonly studyInstanceUid: string;
  readonly programme: string;
}

/** The same, read. Throws DispositionError('bad-input'). */
export function readProgramme({ studyInstanceUid, programme }: ProgrammeRequest): ProgrammeRequest {
  if (!isWellFormedUid(studyInstanceUid.trim())) throw badInput('The study must be a Study Instance UID.');
  return {
    studyInstanceUid: studyInstanceUid.trim(),
    programme: readText('programme', programme, longestName),
  };
}

/** The name of a region; undefined where it is not known. Throws DispositionError('bad-input'). */
export function readRegion(region: string | undefined): string | undefined {
  return region === undefined ? undefined : readText('region', region, longestName);
}

/** A day that has come, wherever on earth. Throws DispositionError('bad-input'). */
export function readPastDay(text: string, now: Date): CalendarDate {
  const day = readDay(text.trim());
  if (day <= addDays(dayIn('UTC', now), 1)) return day;
  throw badInput('The day must not lie in the future.');
}

function readDay(text: string): CalendarDate {
  try {
    return parseCalendarDate(text);
  } catch (error) {
    if (!isRetentionError(error)) throw error;
    throw new DispositionError('bad-input', 'The day must be one of the calendar, like 2024-02-29.', {
      cause: error,
    });
  }
}

function badInput(message: string): DispositionError {
  return new DispositionError('bad-input', message);
}
