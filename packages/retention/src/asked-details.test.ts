import { describe, expect, it } from 'vitest';
import { detailsAskedBy } from './asked-details.ts';
import { evaluate } from './evaluate.ts';
import { parseCondition } from './parse-schedule.ts';
import { detailsOf, everyDetail, notRead } from './subject-details.ts';
import { scheduleOf, subjectOf } from './testing/subjects.ts';

const rule = (when: string) =>
  `{ id: r, title: r, when: ${when}, keep: { atLeast: [{ period: 1y, from: study-date }] }, atEnd: destroy }`;
const hold = (condition: string) => ({
  scope: { kind: 'query', condition: parseCondition(condition) } as const,
});

describe('what judging asks for', () => {
  it('is what rules and live holds name, however deep', () => {
    const schedule = scheduleOf([
      rule('{ modality: [CT], not: { any: [{ sopClass: ["1.2"] }, { bodyPart: [CHEST] }] } }'),
    ]);
    expect(detailsAskedBy({ schedules: [schedule, undefined], holds: [] })).toEqual(
      new Set(['sopClasses', 'bodyParts', 'lacksBodyPart']),
    );
    const holds = [
      hold('attributes: { StudyDescription: "*trial*" }'),
      { scope: { kind: 'studies', studyInstanceUids: ['2.25.1'] } as const },
    ];
    expect(detailsAskedBy({ schedules: [], holds })).toEqual(new Set(['attributes']));
  });

  it('is nothing where only what is always read is named', () => {
    const schedule = scheduleOf([rule('{ modality: [CT], ageAtStudy: { from: 15y }, facility: [A] }')]);
    expect(detailsAskedBy({ schedules: [schedule], holds: [hold('study: ["2.25.1"]')] }).size).toBe(0);
  });

  it.each(Object.entries(detailsOf))('%s without them is an error, never an answer', (member, details) => {
    const wanted = member === 'attributes' ? '{ StudyDescription: "*" }' : '["1.2"]';
    const schedule = scheduleOf([rule(`{ ${member}: ${wanted} }`)]);
    expect(detailsAskedBy({ schedules: [schedule], holds: [] })).toEqual(new Set(details));
    const whole = subjectOf({});
    const now = new Date('2026-01-01T12:00:00Z');
    for (const detail of details)
      expect(() => evaluate(schedule, { ...whole, [detail]: notRead }, now)).toThrow(/were not read/);
    const others = [...everyDetail].filter((detail) => !details.some((own) => own === detail));
    const bare = { ...whole, ...Object.fromEntries(others.map((detail) => [detail, notRead])) };
    expect(evaluate(schedule, bare, now).verdict).toBe(evaluate(schedule, whole, now).verdict);
  });
});
