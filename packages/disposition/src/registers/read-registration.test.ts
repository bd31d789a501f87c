import { describe, expect, it } from 'vitest';
import { type FactRequest, readFact, readProgramme, readRegion } from './read-registration.ts';

const now = new Date('2024-03-01T12:00:00Z');
const death: FactRequest = {
  issuer: ' north ',
  patientId: 'P1 ',
  kind: 'death',
  on: '2024-02-29',
  source: 'civil register',
};

describe('a fact', () => {
  it('is read without outer spaces', () => {
    expect(readFact(death, now)).toEqual({
      issuer: 'north',
      patientId: 'P1',
      kind: 'death',
      diagnosisClass: undefined,
      on: '2024-02-29',
      source: 'civil register',
    });
  });

  it('may be of today, wherever on earth', () => {
    expect(readFact({ ...death, on: '2024-03-02' }, now).on).toBe('2024-03-02');
  });

  it.each<[string, Partial<FactRequest>, RegExp]>([
    ['an unknown kind', { kind: 'wedding' }, /kind/],
    ['a class of what is no diagnosis', { diagnosisClass: 'cancer' }, /class/],
    ['a diagnosis without a class', { kind: 'diagnosis' }, /class/],
    ['no patient', { patientId: ' ' }, /Patient ID/],
    ['no issuer', { issuer: '' }, /issuer/],
    ['no source', { source: '' }, /source/],
    ['a day that does not exist', { on: '2023-02-29' }, /calendar/],
    ['a day to come', { on: '2024-03-03' }, /future/],
    ['a patient of control characters', { patientId: 'P\u0007' }, /Patient ID/],
  ])('is refused with %s, and its value is not repeated', (_title, change, message) => {
    const read = () => readFact({ ...death, ...change }, now);
    expect(read).toThrow(
      expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(message) }),
    );
    expect(read).not.toThrow(/P1/);
  });
});

describe('a programme', () => {
  it('is of a study that is named by its UID', () => {
    expect(readProgramme({ studyInstanceUid: ' 1.2.3 ', programme: 'screening' })).toEqual({
      studyInstanceUid: '1.2.3',
      programme: 'screening',
    });
    expect(() => readProgramme({ studyInstanceUid: 'x', programme: 'screening' })).toThrow(/UID/);
  });
});

it('a region may be unknown, and is never empty', () => {
  expect(readRegion(undefined)).toBeUndefined();
  expect(readRegion('Almaty ')).toBe('Almaty');
  expect(() => readRegion(' ')).toThrow(/region/);
});
