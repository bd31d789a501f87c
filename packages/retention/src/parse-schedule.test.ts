import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetentionError } from './errors.ts';
import { parseCondition, parseSchedule } from './parse-schedule.ts';

const folder = new URL('../schedules/', import.meta.url);
const valid = readFileSync(new URL('kz-2025-draft.yaml', folder), 'utf8');

function faultOf(text: string): string {
  try {
    parseSchedule(text);
  } catch (error) {
    if (error instanceof RetentionError) return error.message;
    throw error;
  }
  return 'none';
}

describe('parseSchedule', () => {
  it.each(readdirSync(folder))('reads %s', (name) => {
    const schedule = parseSchedule(readFileSync(new URL(name, folder), 'utf8'));
    expect(`${schedule.schedule}.yaml`).toBe(name);
  });

  it('reads periods once, and takes what is not said of registers for unknown', () => {
    const schedule = parseSchedule(valid);
    expect(schedule.rules[0]).toMatchObject({
      when: { ageAtStudy: { from: { years: 15, months: 0, days: 0 } } },
      keep: { atLeast: [{ period: { years: 10, months: 0, days: 0 }, from: 'study-date' }] },
    });
    expect(schedule.absence).toEqual({ death: 'unknown', diagnosis: 'unknown', programme: 'unknown' });
  });

  it.each([
    [
      '10y',
      'ten years',
      'line 19: rules[0].keep.atLeast[0].period is not a period like 10y, 6m, 30d or 1y6m',
    ],
    ['from: study-date', 'from: yesterday', 'is none of study-date, last-contact, death, diagnosis'],
    ['version: 1', 'version: 0', 'line 7: version must be >= 1'],
    ['2025-02-03\nrules', '2025-02-30\nrules', 'effective.from is not a day like 2024-02-29'],
    ['Asia/Almaty', 'Asia/Nowhere', 'timeZone is no time zone like Asia/Almaty'],
    ['atEnd: destroy', 'atEnd: burn', 'rules[0].atEnd is none of destroy, transfer, review'],
    ['id: child', 'id: adult', 'two rules have the id adult'],
    ['title: Adults', 'titel: Adults', 'has no member "titel"'],
    ['when:\n', 'when: { modalities: [CT] }\n    was:\n', 'rules[0].when has no member "modalities"'],
    ['schedule: kz', 'schedule: "kz', 'is not YAML: '],
    [valid, '', 'the schedule must be object'],
    [valid, 'a: &a [x]\nb: [*a, *a]', 'has no member "a"'],
  ])('%j as %j is told', (from, to, fault) => {
    expect(faultOf(valid.replace(from, to))).toContain(fault);
  });

  it.each(['2025-02-02', '2025-02-03'])(
    'refuses one that is never in force, because it ends on %s',
    (until) => {
      const text = valid.replace('from: 2025-02-03\nrules', `from: 2025-02-03\n  until: ${until}\nrules`);
      expect(faultOf(text)).toBe('effective.until is not after effective.from');
    },
  );

  it('refuses aliases that grow without end', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`,
    );
    expect(() => parseSchedule(['l0: &l0 [x]', ...levels].join('\n'))).toThrow(RetentionError);
  });

  it('reads or refuses any text, and nothing else', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom('rules:', '\n', '- ', '{', '*a', '&a', '!!js', '<<: '),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.nat(valid.length), (pieces, at) => {
        const text = valid.slice(0, at) + pieces.join('') + valid.slice(at);
        expect(typeof faultOf(text)).toBe('string');
      }),
      { numRuns: 300 },
    );
  });
});

describe('parseCondition', () => {
  it('reads JSON and YAML', () => {
    expect(parseCondition('{"modality": ["MG"], "attributes": {"StudyID": "10y"}}')).toEqual({
      modality: ['MG'],
      attributes: { StudyID: '10y' },
    });
    expect(parseCondition('deathWithin: 10y')).toEqual({ deathWithin: { years: 10, months: 0, days: 0 } });
  });

  it('says where it is wrong', () => {
    expect(() => parseCondition('modality: MG')).toThrow('line 1: modality must be array');
  });
});
