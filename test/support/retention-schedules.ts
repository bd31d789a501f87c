/** Schedules for tests of whole archives: as the archive reads them, and as the model of retention-model.ts knows them. */
import { DAY_MS, dayOf, type ModelSchedule } from './retention-model.ts';

/** By the age; by the last contact, from a day to come; looked at and not destroyed; and later longer. */
export function testSchedules(startMs: number): readonly ModelSchedule[] {
  const inDays = (days: number) => dayOf(startMs + days * DAY_MS);
  const ages = { schedule: 'ages', atEnd: 'destroy' } as const;
  return [
    { ...ages, version: 1, from: '2000-01-01', rule: { adultYears: 1, childYears: 15 } },
    { schedule: 'contact', version: 1, from: inDays(200), rule: { yearsFromContact: 3 }, atEnd: 'destroy' },
    {
      schedule: 'review',
      version: 1,
      from: '2000-01-01',
      rule: { adultYears: 1, childYears: 1 },
      atEnd: 'review',
    },
    { ...ages, version: 2, from: inDays(1_000), rule: { adultYears: 2, childYears: 30 } },
  ];
}

/** The schedule in YAML. */
export function scheduleText({ schedule, version, from, rule, atEnd }: ModelSchedule): string {
  const parts =
    'yearsFromContact' in rule
      ? [ruleText('contact', '{}', `{ period: ${rule.yearsFromContact}y, from: last-contact }`, atEnd)]
      : [
          ruleText(
            'adult',
            '{ ageAtStudy: { from: 16y } }',
            `{ period: ${rule.adultYears}y, from: study-date }`,
            atEnd,
          ),
          ruleText(
            'child',
            '{ ageAtStudy: { under: 16y } }',
            `{ period: ${rule.childYears}y, from: study-date }`,
            atEnd,
          ),
        ];
  return `schedule: ${schedule}
version: ${version}
title: ${schedule}
source: a test
timeZone: UTC
effective: { from: ${from} }
absence: { death: alive, diagnosis: none, programme: none }
rules:
${parts.join('')}`;
}

function ruleText(id: string, when: string, term: string, atEnd: ModelSchedule['atEnd']): string {
  return `  - id: ${id}
    title: ${id}
    when: ${when}
    keep: { atLeast: [${term}] }
    atEnd: ${atEnd}
`;
}
