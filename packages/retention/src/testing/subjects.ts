/** Studies for tests: what a case does not speak of is known and ordinary. */
import { readFileSync } from 'node:fs';
import { parseCalendarDate } from '../calendar-date.ts';
import { evaluate, type Finding } from '../evaluate.ts';
import { parseSchedule } from '../parse-schedule.ts';
import type { RetentionSchedule } from '../schedule.ts';
import type { OtherStudy, RetentionSubject } from '../subject.ts';

/** What a case says of its study; `null`: not known. */
export interface Case {
  readonly studied?: string | null;
  readonly received?: string;
  readonly born?: string | readonly string[] | null;
  readonly died?: string | readonly string[];
  readonly contact?: string;
  readonly diagnoses?: Readonly<Record<string, string>>;
  readonly programmes?: readonly string[];
  readonly modalities?: readonly string[];
  readonly bodyParts?: readonly string[];
  readonly sopClasses?: readonly string[];
  readonly facility?: string;
  readonly region?: string;
  readonly commissioned?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  readonly others?: readonly Other[];
  readonly candidates?: number;
  readonly isConflicting?: boolean;
}

/** Another study of the patient. */
export interface Other {
  readonly studied?: string;
  readonly received?: string;
  readonly modalities?: readonly string[];
  readonly facility?: string;
}

/** A CT of an adult at facility A, received on the day on which it was made. */
export function subjectOf(given: Case): RetentionSubject {
  const studied = given.studied === null ? undefined : (given.studied ?? '2010-06-15');
  const born = given.born === undefined ? '1970-01-01' : given.born;
  return {
    studyInstanceUid: '2.25.1',
    ...(studied !== undefined && { studyDate: parseCalendarDate(studied) }),
    firstReceivedAt: new Date(momentOf(given.received ?? studied ?? '2010-06-15')),
    modalities: given.modalities ?? ['CT'],
    bodyParts: given.bodyParts ?? ['CHEST'],
    lacksBodyPart: given.bodyParts?.length === 0,
    sopClasses: given.sopClasses ?? ['1.2.840.10008.5.1.4.1.1.2'],
    facility: given.facility ?? 'A',
    ...(given.region !== undefined && { region: given.region }),
    devices: ['ct-1'],
    ...(given.commissioned !== undefined && { commissionedOn: parseCalendarDate(given.commissioned) }),
    attributes: given.attributes ?? {},
    programmes: given.programmes ?? [],
    patient: {
      identifiers: [{ issuer: 'A', id: 'P1' }],
      birthDates: listOf(born ?? []).map(parseCalendarDate),
      deathDates: listOf(given.died ?? []).map(parseCalendarDate),
      ...(given.contact !== undefined && { registeredContact: parseCalendarDate(given.contact) }),
      diagnoses: Object.entries(given.diagnoses ?? {}).map(([diagnosisClass, date]) => ({
        diagnosisClass,
        date: parseCalendarDate(date),
      })),
      otherStudies: (given.others ?? []).map(otherOf),
      unconfirmedCandidates: given.candidates ?? 0,
    },
    hasIdentityConflict: given.isConflicting ?? false,
  };
}

function otherOf({ studied, received, modalities = ['CT'], facility = 'A' }: Other): OtherStudy {
  return {
    ...(studied !== undefined && { studyDate: parseCalendarDate(studied) }),
    firstReceivedAt: new Date(momentOf(received ?? studied ?? '2010-06-15')),
    modalities,
    facility,
  };
}

/** Noon in UTC is the same day in all zones of the schedules. */
function momentOf(text: string): string {
  return text.includes('T') ? text : `${text}T12:00:00Z`;
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

/** Judges a case on a day (or at a moment). */
export function judge(schedule: RetentionSchedule, given: Case, today: string): Finding {
  return evaluate(schedule, subjectOf(given), new Date(momentOf(today)));
}

/** One of the schedules that come with the archive, some lines changed. */
export function shippedSchedule(
  name: string,
  change: (text: string) => string = (text) => text,
): RetentionSchedule {
  const text = readFileSync(new URL(`../../schedules/${name}.yaml`, import.meta.url), 'utf8');
  return parseSchedule(change(text));
}

/** A schedule of these rules (YAML flow, one a line), in UTC unless it says otherwise. */
export function scheduleOf(
  rules: readonly string[],
  { timeZone = 'UTC', absence = '{}' } = {},
): RetentionSchedule {
  const list = rules.map((rule) => `  - ${rule}`).join('\n');
  return parseSchedule(
    `schedule: test\nversion: 1\ntitle: t\nsource: s\ntimeZone: ${timeZone}\neffective: { from: 2000-01-01 }\nabsence: ${absence}\nrules:\n${list}\n`,
  );
}
