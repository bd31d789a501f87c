import { describe, expect, it } from 'vitest';
import { parseCalendarDate } from './calendar-date.ts';
import { bindsStudy, type HoldScope, holdsOver, inputsForHolds, type LegalHold } from './hold.ts';
import { parseCondition } from './parse-schedule.ts';
import { type Case, judge, scheduleOf, subjectOf } from './testing/subjects.ts';

const ten = scheduleOf([
  '{ id: ten, title: t, when: {}, keep: { atLeast: [{ period: 10y, from: study-date }] }, atEnd: destroy }',
]);

function hold(legalHoldId: string, scope: HoldScope): LegalHold {
  const placed = { placedBy: 'key:1', placedAt: new Date(0), reviewOn: parseCalendarDate('2030-01-01') };
  return { legalHoldId, reason: 'r', authority: 'a', owner: 'o', scope, ...placed };
}

const query = (text: string): HoldScope => ({ kind: 'query', condition: parseCondition(text) });

describe('holdsOver', () => {
  it.each<[string, HoldScope, Case, boolean]>([
    ['a listed study', { kind: 'studies', studyInstanceUids: ['2.25.9', '2.25.1'] }, {}, true],
    ['one that is not listed', { kind: 'studies', studyInstanceUids: ['2.25.9'] }, {}, false],
    ['what meets the query', query('facility: [A]'), {}, true],
    ['what does not', query('facility: [B]'), {}, false],
    ['the patient', query('patient: [{ issuer: A, id: P1 }]'), {}, true],
    ['what may meet it', query('region: [north]'), {}, true],
    ['dates', query('studyDate: { from: 2010-01-01, before: 2011-01-01 }'), {}, true],
    ['dates, where the study has none', query('studyDate: { before: 2011-01-01 }'), { studied: null }, true],
    ['a device', query('device: [us-7]'), {}, false],
  ])('%s', (_title, scope, given, binds) => {
    const { inputs } = judge(ten, given, '2020-06-16');
    expect(holdsOver([hold('h1', scope)], inputs)).toHaveLength(binds ? 1 : 0);
  });

  it('knows what it may mean, and what it means', () => {
    const { inputs } = judge(ten, {}, '2020-06-16');
    expect(bindsStudy(query('facility: [A]'), inputs)).toBe('yes');
    expect(bindsStudy(query('facility: [B]'), inputs)).toBe('no');
    expect(bindsStudy(query('region: [north]'), inputs)).toBe('unknown');
  });

  it('takes a register for incomplete where no schedule says that it is complete', () => {
    const subject = subjectOf({});
    const { scope } = hold('h1', query('programme: [trial-7]'));
    const now = new Date('2020-06-16T12:00:00Z');
    const complete = { death: 'alive', diagnosis: 'none', programme: 'none' } as const;
    expect(bindsStudy(scope, inputsForHolds(subject, now))).toBe('unknown');
    expect(bindsStudy(scope, inputsForHolds(subject, now, { timeZone: 'UTC', absence: complete }))).toBe(
      'no',
    );
  });

  it('names every one of several that overlap', () => {
    const { inputs } = judge(ten, {}, '2020-06-16');
    const holds = [
      hold('h1', query('modality: [CT]')),
      hold('h2', query('modality: [MG]')),
      hold('h3', query('{}')),
    ];
    expect(holdsOver(holds, inputs).map(({ legalHoldId }) => legalHoldId)).toEqual(['h1', 'h3']);
  });
});
