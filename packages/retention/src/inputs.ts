/** What a study is judged by: its clock, the patient's dates, and what of them is missing or contradicts itself. Pure. */
import { addDays, type CalendarDate } from './calendar-date.ts';
import { dayIn } from './day-in-zone.ts';
import type { Absence } from './schedule.ts';
import type { RetentionSubject } from './subject.ts';
import { type DatedStudy, isDated, laterThan, timelineOf } from './timeline.ts';

/** An input that rules ask for. */
export type InputName =
  | 'study-date'
  | 'birth-date'
  | 'death'
  | 'last-contact'
  | 'diagnosis'
  | 'programme'
  | 'modality'
  | 'body-part'
  | 'sop-class'
  | 'region'
  | 'device'
  | 'attribute'
  | 'later-studies';

/** An input that is missing, or that contradicts another one. */
export interface InputProblem {
  readonly input: InputName | 'patient-identity';
  readonly kind: 'missing' | 'conflict';
  /** A sentence without values of the patient. */
  readonly text: string;
}

/** The dates of a study and its patient, as far as they can be believed. */
export interface Inputs {
  readonly subject: RetentionSubject;
  readonly today: CalendarDate;
  readonly absence: Absence;
  readonly firstReceivedOn: CalendarDate;
  /** The study date, or the first receipt in its place. */
  readonly clock: CalendarDate;
  readonly clockSource: 'study-date' | 'first-receipt';
  readonly birthDate: CalendarDate | undefined;
  /** `'none'`: nothing is registered, and the schedule says that this means alive. */
  readonly deathDate: CalendarDate | 'none' | undefined;
  /** Latest study or registered contact. */
  readonly lastContact: CalendarDate;
  /** The same of those whose date is known; earlier where a study of an unknown date was received since. */
  readonly lastDatedContact: CalendarDate | undefined;
  /** Later than this study, in order; those of an unknown date by their receipt. */
  readonly laterStudies: readonly DatedStudy[];
  /** Found whatever the rules ask: none of these is ever ignored. */
  readonly problems: readonly InputProblem[];
}

/** Reads a study's inputs as of `today` in the schedule's time zone. */
export function readInputs(
  subject: RetentionSubject,
  { timeZone, absence, today }: { timeZone: string; absence: Absence; today: CalendarDate },
): Inputs {
  const problems: InputProblem[] = [];
  const firstReceivedOn = dayIn(timeZone, subject.firstReceivedAt);
  const clockSource = sourceOfClock(subject, firstReceivedOn, problems);
  const clock = clockSource === 'study-date' ? (subject.studyDate ?? firstReceivedOn) : firstReceivedOn;
  const timeline = timelineOf(subject.patient.otherStudies, timeZone);
  const { registeredContact } = subject.patient;
  const lastContact = latestOf([clock, timeline.at(-1)?.date, registeredContact]) ?? clock;
  const lastDatedContact = latestOf([
    clockSource === 'study-date' ? clock : undefined,
    timeline.findLast(isDated)?.date,
    registeredContact,
  ]);
  if (lastContact > addDays(today, 1))
    problems.push(conflict('last-contact', 'a contact lies in the future'));
  noteIdentity(subject, problems);
  return {
    subject,
    today,
    absence,
    firstReceivedOn,
    clock,
    clockSource,
    birthDate: birthDateOf(subject, clock, problems),
    deathDate: deathDateOf(subject, { clock, today, absence, lastDatedContact }, problems),
    lastContact,
    lastDatedContact,
    laterStudies: laterThan(timeline, clock),
    problems,
  };
}

/**
 * The clock starts at the study date, or at the first receipt where that date is missing, in the future or before a
 * device was commissioned. A study made today can be received yesterday: zones differ by a day at most.
 */
function sourceOfClock(
  { studyDate, commissionedOn }: RetentionSubject,
  firstReceivedOn: CalendarDate,
  problems: InputProblem[],
): Inputs['clockSource'] {
  if (studyDate === undefined) {
    problems.push({
      input: 'study-date',
      kind: 'missing',
      text: 'the study has no date: counted from its first receipt',
    });
    return 'first-receipt';
  }
  if (studyDate > addDays(firstReceivedOn, 1)) {
    problems.push(
      conflict('study-date', 'the study date is later than the first receipt, from which it is counted'),
    );
    return 'first-receipt';
  }
  if (commissionedOn !== undefined && studyDate < commissionedOn) {
    problems.push(
      conflict(
        'study-date',
        'the study date is before its device was commissioned: counted from its first receipt',
      ),
    );
    return 'first-receipt';
  }
  return 'study-date';
}

function birthDateOf(
  { patient }: RetentionSubject,
  clock: CalendarDate,
  problems: InputProblem[],
): CalendarDate | undefined {
  const [birthDate, ...others] = patient.birthDates;
  if (others.length > 0)
    problems.push(conflict('birth-date', 'records of the patient name several birth dates'));
  else if (birthDate !== undefined && birthDate > clock)
    problems.push(conflict('birth-date', 'the birth date is later than the study'));
  else return birthDate;
  return undefined;
}

function deathDateOf(
  { patient }: RetentionSubject,
  {
    clock,
    today,
    absence,
    lastDatedContact,
  }: Pick<Inputs, 'clock' | 'today' | 'absence' | 'lastDatedContact'>,
  problems: InputProblem[],
): CalendarDate | 'none' | undefined {
  const [deathDate, ...others] = patient.deathDates;
  if (deathDate === undefined) return absence.death === 'alive' ? 'none' : undefined;
  const born = patient.birthDates.some((birthDate) => birthDate > deathDate);
  if (others.length > 0) problems.push(conflict('death', 'several dates of death are registered'));
  else if (deathDate > addDays(today, 1))
    problems.push(conflict('death', 'the date of death lies in the future'));
  else if (born) problems.push(conflict('death', 'the date of death is before the birth date'));
  else if (deathDate < clock) problems.push(conflict('death', 'the study is later than the date of death'));
  else if (lastDatedContact !== undefined && deathDate < lastDatedContact)
    problems.push(conflict('death', 'the patient was seen after the date of death'));
  else return deathDate;
  return undefined;
}

function latestOf(dates: readonly (CalendarDate | undefined)[]): CalendarDate | undefined {
  return dates.reduce(
    (latest, date) => (date !== undefined && (latest === undefined || date > latest) ? date : latest),
    undefined,
  );
}

function noteIdentity({ patient, hasIdentityConflict }: RetentionSubject, problems: InputProblem[]): void {
  const identity = (text: string): InputProblem => ({ input: 'patient-identity', kind: 'conflict', text });
  if (patient.unconfirmedCandidates > 0)
    problems.push(identity('the patient may be another one too: a link is neither confirmed nor refused'));
  if (hasIdentityConflict)
    problems.push(identity('instances of the study name another patient and are kept back'));
}

function conflict(input: InputName, text: string): InputProblem {
  return { input, kind: 'conflict', text };
}
