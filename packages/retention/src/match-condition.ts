/** Whether a condition holds for a study: yes, no, or not known (Kleene's three values), and what it would take to know. */
import type { CalendarDate } from './calendar-date.ts';
import type { AgeBounds, Condition, DateBounds, LaterStudies } from './condition.ts';
import type { InputName, Inputs } from './inputs.ts';
import { addPeriod, type Period } from './period.ts';
import type { DatedStudy } from './timeline.ts';

/** `missing` are the inputs for want of which it is `unknown`; else it is empty. */
export interface Matched {
  readonly holds: 'yes' | 'no' | 'unknown';
  readonly missing: readonly InputName[];
}

const YES: Matched = { holds: 'yes', missing: [] };
const NO: Matched = { holds: 'no', missing: [] };

type Members = Required<Condition>;
type Matchers = {
  readonly [Member in keyof Members]: (wanted: Members[Member], inputs: Inputs) => Matched;
};

const matchers: Matchers = {
  modality: (wanted, { subject }) => oneOf(wanted, subject.modalities, 'modality'),
  bodyPart: (wanted, { subject }) => {
    const matched = oneOf(wanted, subject.bodyParts, 'body-part');
    return matched.holds === 'no' && subject.lacksBodyPart ? unknown('body-part') : matched;
  },
  sopClass: (wanted, { subject }) => oneOf(wanted, subject.sopClasses, 'sop-class'),
  facility: (wanted, { subject }) => known(wanted.includes(subject.facility)),
  region: (wanted, { subject: { region } }) => oneOf(wanted, region === undefined ? [] : [region], 'region'),
  device: (wanted, { subject }) =>
    oneOf(
      wanted,
      subject.devices.map(({ code }) => code),
      'device',
    ),
  programme: (wanted, { subject, absence }) =>
    registered(wanted, subject.programmes, absence.programme === 'none', 'programme'),
  diagnosis: (wanted, { subject, absence }) => {
    const classes = subject.patient.diagnoses.map(({ diagnosisClass }) => diagnosisClass);
    return registered(wanted, classes, absence.diagnosis === 'none', 'diagnosis');
  },
  attributes: (wanted, { subject }) =>
    allOf(
      Object.entries(wanted).map(([keyword, pattern]) => attribute(pattern, subject.attributes[keyword])),
    ),
  studyDate: (bounds, { clock, clockSource }) =>
    clockSource === 'study-date' ? within(bounds, clock) : unknown('study-date'),
  birthDate: (bounds, { birthDate }) =>
    birthDate === undefined ? unknown('birth-date') : within(bounds, birthDate),
  ageAtStudy: (bounds, { birthDate, clock, clockSource }) => {
    if (birthDate === undefined) return unknown('birth-date');
    return clockSource === 'study-date' ? aged(bounds, birthDate, clock) : unknown('study-date');
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
  any: (conditions, inputs) =>
    negated(allOf(conditions.map((condition) => negated(matchCondition(condition, inputs))))),
  not: (condition, inputs) => negated(matchCondition(condition, inputs)),
};

/** Judges a condition. */
export function matchCondition(condition: Condition, inputs: Inputs): Matched {
  const results: Matched[] = [];
  for (const member of Object.keys(condition) as (keyof Condition)[]) {
    const matched = matchMember(member, condition, inputs);
    if (matched.holds === 'no') return NO;
    results.push(matched);
  }
  return allOf(results);
}

function matchMember<Member extends keyof Members>(
  member: Member,
  condition: Pick<Partial<Members>, Member>,
  inputs: Inputs,
): Matched {
  const wanted: Members[Member] | undefined = condition[member];
  return wanted === undefined ? YES : matchers[member](wanted, inputs);
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

function later({ modality, sameFacility, within: period }: LaterStudies, inputs: Inputs): Matched {
  const { clock, subject, laterStudies } = inputs;
  const last = period === undefined ? undefined : addPeriod(clock, period);
  const candidates = laterStudies.filter(
    ({ date, facility }) =>
      (last === undefined || date <= last) && (sameFacility !== true || facility === subject.facility),
  );
  const fits = ({ modalities }: DatedStudy) => modalities.some((each) => modality?.includes(each) ?? true);
  return known(candidates.some(fits));
}

function known(holds: boolean): Matched {
  return holds ? YES : NO;
}

function unknown(input: InputName): Matched {
  return { holds: 'unknown', missing: [input] };
}

function allOf(parts: readonly Matched[]): Matched {
  if (parts.some(({ holds }) => holds === 'no')) return NO;
  const missing = parts.flatMap((part) => part.missing);
  return missing.length === 0 ? YES : { holds: 'unknown', missing: [...new Set(missing)] };
}

function negated(matched: Matched): Matched {
  if (matched.holds === 'unknown') return matched;
  return matched.holds === 'yes' ? NO : YES;
}
