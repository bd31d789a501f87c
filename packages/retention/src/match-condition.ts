/** Whether a condition holds for a study: yes, no, or not known (Kleene's three values), and what it would take to know. */
import type { CalendarDate } from './calendar-date.ts';
import type { AgeBounds, Condition, DateBounds, LaterStudies } from './condition.ts';
import type { InputName, Inputs } from './inputs.ts';
import { addPeriod, type Period } from './period.ts';
import type { RetentionSubject } from './subject.ts';
import {
  type detailsOf,
  detailsOfMember,
  notRead,
  type ReadDetails,
  type SubjectDetail,
  type SubjectDetails,
} from './subject-details.ts';
import { type DatedStudy, isDated } from './timeline.ts';

/** `missing` are the inputs for want of which it is `unknown`; else it is empty. */
export interface Matched {
  readonly holds: 'yes' | 'no' | 'unknown';
  readonly missing: readonly InputName[];
}

const YES: Matched = { holds: 'yes', missing: [] };
const NO: Matched = { holds: 'no', missing: [] };

type Members = Required<Condition>;
/** What is always read. */
type Known = Omit<Inputs, 'subject'> & { readonly subject: Omit<RetentionSubject, SubjectDetail> };
/** Beside it, the details that a member says it asks for; of any others nobody knows whether they were read. */
type DetailsOf<Member> = Member extends keyof typeof detailsOf
  ? Pick<SubjectDetails, (typeof detailsOf)[Member][number]>
  : ReadDetails;
type Matchers = {
  readonly [Member in keyof Members]: (
    wanted: Members[Member],
    inputs: Known,
    details: DetailsOf<Member>,
  ) => Matched;
};

const matchers: Matchers = {
  modality: (wanted, { subject }) => oneOf(wanted, subject.modalities, 'modality'),
  bodyPart: (wanted, _inputs, { bodyParts, lacksBodyPart }) => {
    const matched = oneOf(wanted, bodyParts, 'body-part');
    return matched.holds === 'no' && lacksBodyPart ? unknown('body-part') : matched;
  },
  sopClass: (wanted, _inputs, { sopClasses }) => oneOf(wanted, sopClasses, 'sop-class'),
  facility: (wanted, { subject }) => known(wanted.includes(subject.facility)),
  region: (wanted, { subject: { region } }) => oneOf(wanted, region === undefined ? [] : [region], 'region'),
  device: (wanted, _inputs, { devices }) => oneOf(wanted, devices, 'device'),
  programme: (wanted, { absence }, { programmes }) =>
    registered(wanted, programmes, absence.programme === 'none', 'programme'),
  diagnosis: (wanted, { subject, absence }) => {
    const classes = subject.patient.diagnoses.map(({ diagnosisClass }) => diagnosisClass);
    return registered(wanted, classes, absence.diagnosis === 'none', 'diagnosis');
  },
  attributes: (wanted, _inputs, { attributes }) =>
    allOf(Object.entries(wanted).map(([keyword, pattern]) => attribute(pattern, attributes[keyword]))),
  studyDate: (bounds, { clock, clockSource }) =>
    clockSource === 'study-date' ? within(bounds, clock) : unknown('study-date'),
  birthDate: (bounds, { birthDate }) =>
    birthDate === undefined ? unknown('birth-date') : within(bounds, birthDate),
  ageAtStudy: (bounds, { birthDate, clock, clockSource }) => {
    if (birthDate === undefined) return unknown('birth-date');
    return clockSource === 'study-date' ? aged(bounds, birthDate, clock) : unknown('study-date');
  },
  ageAtLastContact: (bounds, { birthDate, lastContact, lastDatedContact }) => {
    if (birthDate === undefined) return unknown('birth-date');
    return lastContact === lastDatedContact ? aged(bounds, birthDate, lastContact) : unknown('last-contact');
  },
  death: (wanted, { deathDate }) =>
    deathDate === undefined ? unknown('death') : known(wanted === (deathDate !== 'none')),
  deathWithin: (period, { deathDate, lastContact }) => {
    if (deathDate === undefined) return unknown('death');
    return known(deathDate !== 'none' && deathDate <= addPeriod(lastContact, period));
  },
  laterStudies: (wanted, inputs) => later(wanted, inputs),
  study: (wanted, { subject }) => known(wanted.includes(subject.studyInstanceUid)),
  accessionNumber: (wanted, { subject }) => known(wanted.includes(subject.accessionNumber ?? '')),
  patient: (wanted, { subject }) =>
    known(
      subject.patient.identifiers.some(({ issuer, id }) =>
        wanted.some((patient) => patient.issuer === issuer && patient.id === id),
      ),
    ),
  any: (conditions, inputs, details) =>
    negated(allOf(conditions.map((condition) => negated(matchMembers(condition, inputs, details))))),
  not: (condition, inputs, details) => negated(matchMembers(condition, inputs, details)),
};

/** Judges a condition. Throws TypeError where it asks for a detail of the subject that was not read. */
export function matchCondition(condition: Condition, inputs: Inputs): Matched {
  return matchMembers(condition, inputs, inputs.subject);
}

function matchMembers(condition: Condition, inputs: Known, details: ReadDetails): Matched {
  let matched = YES;
  for (const member of Object.keys(condition) as (keyof Condition)[]) {
    matched = both(matched, matchMember(member, condition, inputs, details));
    if (matched.holds === 'no') return NO;
  }
  return matched;
}

function matchMember<Member extends keyof Members>(
  member: Member,
  condition: Pick<Partial<Members>, Member>,
  inputs: Known,
  details: ReadDetails,
): Matched {
  const wanted: Members[Member] | undefined = condition[member];
  return wanted === undefined ? YES : matchers[member](wanted, inputs, detailsFor(member, details));
}

function detailsFor<Member extends keyof Members>(member: Member, details: ReadDetails): DetailsOf<Member> {
  const unread = detailsOfMember(member).find((detail) => details[detail] === notRead);
  if (unread !== undefined) throw new TypeError(`${member} asks for ${unread}, which were not read`);
  return details as DetailsOf<Member>;
}

/** Values that a study always has somewhere: none at all means that they are not known. */
function oneOf(wanted: readonly string[], values: readonly string[], input: InputName): Matched {
  return values.length === 0 ? unknown(input) : known(values.some((value) => wanted.includes(value)));
}

/** Values from a register, which may be incomplete. */
function registered(
  wanted: readonly string[],
  values: readonly string[],
  isComplete: boolean,
  input: InputName,
): Matched {
  if (values.some((value) => wanted.includes(value))) return YES;
  return isComplete ? NO : unknown(input);
}

function attribute(pattern: string, values: readonly string[] | undefined): Matched {
  if (values === undefined || values.length === 0) return unknown('attribute');
  return known(values.some((value) => matchesPattern(pattern, value)));
}

/** `*` = any text, `?` = any character; without backtracking over more than the last `*`. */
export function matchesPattern(pattern: string, value: string): boolean {
  const [wanted, given] = [[...pattern.toLowerCase()], [...value.toLowerCase()]];
  let at = 0;
  let star = -1;
  let starAt = 0;
  let index = 0;
  while (index < given.length) {
    if (wanted[at] === '*') [star, starAt] = [at++, index];
    else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index]))
      [at, index] = [at + 1, index + 1];
    else if (star >= 0) [at, index] = [star + 1, ++starAt];
    else return false;
  }
  return wanted.slice(at).every((character) => character === '*');
}

function within({ from, before }: DateBounds, date: CalendarDate): Matched {
  return known((from === undefined || date >= from) && (before === undefined || date < before));
}

function aged({ from, under }: AgeBounds, birthDate: CalendarDate, date: CalendarDate): Matched {
  const hasReached = (age: Period) => date >= addPeriod(birthDate, age);
  return known((from === undefined || hasReached(from)) && (under === undefined || !hasReached(under)));
}

function later({ modality, sameFacility, within: period }: LaterStudies, inputs: Known): Matched {
  const { clock, subject, laterStudies } = inputs;
  const last = period === undefined ? undefined : addPeriod(clock, period);
  const candidates = laterStudies.filter(
    ({ facility, modalities }) =>
      (sameFacility !== true || facility === subject.facility) &&
      modalities.some((each) => modality?.includes(each) ?? true),
  );
  const isLater = (study: DatedStudy) => isDated(study) && (last === undefined || study.date <= last);
  if (candidates.some(isLater)) return YES;
  return candidates.every(isDated) ? NO : unknown('later-studies');
}

function known(holds: boolean): Matched {
  return holds ? YES : NO;
}

function unknown(input: InputName): Matched {
  return { holds: 'unknown', missing: [input] };
}

function allOf(parts: readonly Matched[]): Matched {
  return parts.reduce(both, YES);
}

function both(one: Matched, other: Matched): Matched {
  if (one.holds === 'no' || other.holds === 'no') return NO;
  if (one.holds === 'yes') return other;
  if (other.holds === 'yes') return one;
  return { holds: 'unknown', missing: [...new Set([...one.missing, ...other.missing])] };
}

function negated(matched: Matched): Matched {
  if (matched.holds === 'unknown') return matched;
  return matched.holds === 'yes' ? NO : YES;
}
