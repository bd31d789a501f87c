/** What no schedule and no study may lead to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, parseCalendarDate } from './calendar-date.ts';
import { evaluate } from './evaluate.ts';
import { addPeriod, parsePeriod } from './period.ts';
import type { RetentionSubject } from './subject.ts';
import { type Case, shippedSchedule, subjectOf } from './testing/subjects.ts';

const names = ['kz-2025-draft', 'kr-medical-service-act', 'uk-nhs', 'fr-csp-r1112-7', 'us-federal'];
/** As they would be where registers are complete and everything ends with destruction: the most that can go wrong. */
const schedules = names.map((name) =>
  shippedSchedule(name, (text) =>
    `${text.replace(/^absence:.*$/m, '')}\nabsence: { death: alive, diagnosis: none, programme: none }\n`.replaceAll(
      'atEnd: review',
      'atEnd: destroy',
    ),
  ),
);

const day = fc
  .integer({ min: 0, max: 40_000 })
  .map((count) => addDays(parseCalendarDate('1950-01-01'), count) as string);
/** Mostly not there. */
const absent = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 });
const someCase: fc.Arbitrary<Case> = fc
  .record({
    studied: fc.option(day, { nil: null }),
    received: absent(day),
    born: fc.oneof(
      fc.constant('1949-05-05'),
      day,
      fc.constant(null),
      fc.array(day, { minLength: 2, maxLength: 2 }),
    ),
    died: absent(day),
    contact: absent(day),
    commissioned: absent(day),
    modalities: fc.subarray(['CT', 'US', 'MG'], { minLength: 1 }),
    diagnoses: absent(fc.dictionary(fc.constantFrom('cancer', 'cjd', 'asthma'), day, { maxKeys: 2 })),
    programmes: fc.subarray(['breast-screening', 'other']),
    others: absent(
      fc.array(fc.record({ studied: day, modalities: fc.subarray(['CT', 'MG'], { minLength: 1 }) }), {
        maxLength: 3,
      }),
    ),
    candidates: fc.constantFrom(0, 0, 0, 1),
    isConflicting: fc.constantFrom(false, false, false, true),
  })
  .map(
    (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Case,
  );

const situation = fc.tuple(fc.constantFrom(...schedules), someCase, day);

function verdictOf(
  [schedule, given, today]: [(typeof schedules)[number], Case, string],
  change = (subject: RetentionSubject) => subject,
) {
  return evaluate(schedule, change(subjectOf(given)), new Date(`${today}T12:00:00Z`));
}

const check = (property: (given: [(typeof schedules)[number], Case, string]) => void) =>
  fc.assert(fc.property(situation, property), { numRuns: 3_000 });

describe('destruction', () => {
  it('never comes before any rule that applies allows it, nor before five years', () => {
    let destroyed = 0;
    check((given) => {
      const { verdict, rules, inputs } = verdictOf(given);
      if (verdict !== 'destroy') return;
      destroyed += 1;
      for (const { earliestDisposition, applies } of rules) {
        expect(applies).toBe('yes');
        expect(earliestDisposition !== undefined && earliestDisposition <= inputs.today).toBe(true);
      }
      expect(inputs.today > addPeriod(inputs.clock, parsePeriod('5y'))).toBe(true);
    });
    expect(destroyed).toBeGreaterThan(50);
  });

  it('never follows from a wrong clock, from dates that contradict one another, or from a patient who may be another', () => {
    check((given) => {
      const [, { studied, received = studied, born, candidates, isConflicting }] = given;
      const { verdict, inputs } = verdictOf(given);
      if (verdict !== 'destroy') return;
      expect([candidates, isConflicting, Array.isArray(born)]).toEqual([0, false, false]);
      expect(studied).toBe(inputs.clock);
      expect((studied ?? '') <= addDays(parseCalendarDate(received ?? ''), 1)).toBe(true);
    });
  });

  it('never comes sooner for want of a birth date, a death, or a diagnosis register', () => {
    const unknown = { death: 'unknown', diagnosis: 'unknown', programme: 'unknown' } as const;
    const less = [
      (subject: RetentionSubject) => ({ ...subject, patient: { ...subject.patient, birthDates: [] } }),
      (subject: RetentionSubject) => ({ ...subject, devices: [] }),
      (subject: RetentionSubject) => ({ ...subject, modalities: [] }),
    ];
    check(([schedule, given, today]) => {
      if (verdictOf([schedule, given, today]).verdict !== 'keep') return;
      for (const change of less) {
        expect(verdictOf([schedule, given, today], change).verdict).not.toBe('destroy');
      }
      expect(verdictOf([{ ...schedule, absence: unknown }, given, today]).verdict).not.toBe('destroy');
    });
  });

  it('is the same whether the study is among those of its person or not', () => {
    const amongThem = (subject: RetentionSubject): RetentionSubject => {
      const { patient, studyDate, firstReceivedAt, modalities, facility } = subject;
      const own = { ...(studyDate !== undefined && { studyDate }), firstReceivedAt, modalities, facility };
      return { ...subject, patient: { ...patient, otherStudies: [...patient.otherStudies, own] } };
    };
    check((given) => {
      const { inputs: alone, ...finding } = verdictOf(given);
      const { inputs: among, ...same } = verdictOf(given, amongThem);
      expect(same).toEqual(finding);
      expect([among.lastContact, among.laterStudies]).toEqual([alone.lastContact, alone.laterStudies]);
    });
  });

  it('is still allowed a day later, if nothing has changed', () => {
    check(([schedule, given, today]) => {
      if (verdictOf([schedule, given, today]).verdict !== 'destroy') return;
      const tomorrow = addDays(parseCalendarDate(today), 1);
      expect(verdictOf([schedule, given, tomorrow]).verdict).toBe('destroy');
    });
  });
});
