/** How rules are read, whatever the country: which one decides, what is not known, changed schedules. */
import { describe, expect, it } from 'vitest';
import { type Case, judge, scheduleOf } from './testing/subjects.ts';

const TEN = `{ id: ten, title: t, when: {}, keep: { atLeast: [{ period: 10y, from: study-date }] }, atEnd: destroy }`;

/** A rule of five years under a condition, after one of ten under none: the study is the second's unless both are kept. */
function rule(
  when: string,
  { keep = '{ atLeast: [{ period: 12y, from: study-date }] }', atEnd = 'destroy', id = 'other' } = {},
) {
  return `{ id: ${id}, title: t, when: ${when}, keep: ${keep}, atEnd: ${atEnd} }`;
}

describe('conditions', () => {
  it.each<[string, Case, 'yes' | 'unknown' | 'no']>([
    ['{ modality: [MG, CT] }', {}, 'yes'],
    ['{ modality: [MG] }', {}, 'no'],
    ['{ modality: [MG] }', { modalities: [] }, 'unknown'],
    ['{ bodyPart: [BREAST] }', { bodyParts: ['BREAST'] }, 'yes'],
    ['{ bodyPart: [BREAST] }', {}, 'no'],
    ['{ bodyPart: [BREAST] }', { bodyParts: [] }, 'unknown'],
    ['{ sopClass: [1.2.840.10008.5.1.4.1.1.2] }', {}, 'yes'],
    ['{ sopClass: [1.2.840.10008.5.1.4.1.1.4] }', {}, 'no'],
    ['{ facility: [A] }', {}, 'yes'],
    ['{ facility: [B] }', {}, 'no'],
    ['{ region: [north] }', { region: 'north' }, 'yes'],
    ['{ region: [north] }', { region: 'south' }, 'no'],
    ['{ region: [north] }', {}, 'unknown'],
    ['{ device: [ct-1] }', {}, 'yes'],
    ['{ device: [ct-2] }', {}, 'no'],
    ['{ programme: [lung] }', { programmes: ['lung'] }, 'yes'],
    ['{ programme: [lung] }', {}, 'unknown'],
    ['{ diagnosis: [cancer] }', { diagnoses: { cancer: '2010-01-01' } }, 'yes'],
    ['{ diagnosis: [cancer] }', {}, 'unknown'],
    [
      '{ attributes: { StudyDescription: "*scr?ening*" } }',
      { attributes: { StudyDescription: ['Lung SCREENING'] } },
      'yes',
    ],
    [
      '{ attributes: { StudyDescription: "screening" } }',
      { attributes: { StudyDescription: ['Lung SCREENING'] } },
      'no',
    ],
    ['{ attributes: { StudyDescription: "*" } }', {}, 'unknown'],
    ['{ studyDate: { from: 2010-06-15, before: 2010-06-16 } }', {}, 'yes'],
    ['{ studyDate: { before: 2010-06-15 } }', {}, 'no'],
    ['{ studyDate: { before: 2020-01-01 } }', { studied: null }, 'unknown'],
    ['{ birthDate: { before: 1970-01-02 } }', {}, 'yes'],
    ['{ birthDate: { before: 1970-01-02 } }', { born: null }, 'unknown'],
    ['{ ageAtStudy: { from: 40y, under: 41y } }', {}, 'yes'],
    ['{ ageAtStudy: { under: 40y } }', {}, 'no'],
    ['{ ageAtStudy: { under: 1m } }', { born: '2010-05-15' }, 'no'],
    ['{ ageAtStudy: { under: 1m } }', { born: '2010-05-16' }, 'yes'],
    ['{ ageAtLastContact: { from: 40y, under: 41y } }', {}, 'yes'],
    ['{ ageAtLastContact: { from: 41y } }', {}, 'no'],
    ['{ ageAtLastContact: { from: 41y } }', { contact: '2011-01-01' }, 'yes'],
    ['{ ageAtLastContact: { from: 41y } }', { others: [{ studied: '2010-12-31' }] }, 'no'],
    ['{ ageAtLastContact: { from: 41y } }', { born: null }, 'unknown'],
    ['{ ageAtLastContact: { from: 41y } }', { studied: null }, 'unknown'],
    ['{ death: true }', { died: '2011-01-01' }, 'yes'],
    ['{ death: true }', { died: '2011-01-01', others: [{ studied: '2011-01-02' }] }, 'unknown'],
    ['{ death: true }', { died: '2011-01-01', contact: '2011-01-02' }, 'unknown'],
    ['{ death: true }', { died: '2011-01-01', others: [{ studied: '2011-01-01' }] }, 'yes'],
    // It was received after the death; when it was made, nobody knows.
    ['{ death: true }', { died: '2011-01-01', others: [{ received: '2012-01-01' }] }, 'yes'],
    ['{ death: true }', {}, 'unknown'],
    ['{ death: false }', { died: '2011-01-01' }, 'no'],
    ['{ laterStudies: {} }', { others: [{ studied: '2011-01-01' }] }, 'yes'],
    ['{ laterStudies: {} }', { others: [{ studied: '2010-06-15' }] }, 'no'],
    // Without a date of its own it may have been made at any time before it was received.
    ['{ laterStudies: {} }', { others: [{ received: '2011-01-01' }] }, 'unknown'],
    ['{ laterStudies: {} }', { others: [{ studied: '2090-01-01', received: '2011-01-01' }] }, 'unknown'],
    ['{ laterStudies: { within: 1y } }', { others: [{ received: '2015-01-01' }] }, 'unknown'],
    ['{ laterStudies: {} }', { others: [{ received: '2010-01-01' }] }, 'no'],
    ['{ laterStudies: { modality: [MG] } }', { others: [{ received: '2011-01-01' }] }, 'no'],
    ['{ laterStudies: {} }', { others: [{ received: '2011-01-01' }, { studied: '2012-01-01' }] }, 'yes'],
    ['{ patient: [{ issuer: A, id: P1 }] }', {}, 'yes'],
    ['{ patient: [{ issuer: B, id: P1 }] }', {}, 'no'],
    ['{ study: [2.25.1] }', {}, 'yes'],
    ['{ not: { facility: [B] } }', {}, 'yes'],
    ['{ not: { region: [B] } }', {}, 'unknown'],
    ['{ any: [{ facility: [B] }, { modality: [CT] }] }', {}, 'yes'],
    ['{ any: [{ facility: [B] }, { region: [north] }] }', {}, 'unknown'],
    ['{ any: [{ facility: [A] }, { region: [north] }] }', {}, 'yes'],
    ['{ any: [{ facility: [B] }, { modality: [MG] }] }', {}, 'no'],
    ['{ facility: [B], region: [north] }', {}, 'no'],
    ['{ facility: [A], region: [north] }', {}, 'unknown'],
  ])('%s on %j: %s', (when, given, applies) => {
    const { rules } = judge(scheduleOf([rule(when)]), given, '2015-01-01');
    expect(rules[0]?.applies ?? 'no').toBe(applies);
  });
});

describe('several rules', () => {
  it.each<[string, string[], string, string, string | undefined]>([
    ['the longest decides, whatever the order', [TEN, rule('{}')], '2020-06-16', 'keep', 'other'],
    ['and its action is done', [TEN, rule('{}', { atEnd: 'transfer' })], '2022-06-16', 'transfer', 'other'],
    [
      'of equal ones the more careful action',
      [TEN, rule('{}', { keep: '{ atLeast: [{ period: 10y, from: study-date }] }', atEnd: 'review' })],
      '2020-06-16',
      'review',
      'other',
    ],
    ['for ever is longest', [TEN, rule('{}', { keep: 'for-ever' })], '2300-01-01', 'keep', 'other'],
    [
      'all terms of a rule must have passed',
      [rule('{}', { keep: '{ atLeast: [{ period: 1y, from: study-date }, { untilAge: 60y }] }' })],
      '2030-01-01',
      'keep',
      'other',
    ],
    [
      'months',
      [rule('{}', { keep: '{ atLeast: [{ period: 18m, from: study-date }] }' })],
      '2011-12-16',
      'destroy',
      'other',
    ],
    [
      'days',
      [rule('{}', { keep: '{ atLeast: [{ period: 30d, from: study-date }] }' })],
      '2010-07-15',
      'keep',
      'other',
    ],
    ['no rule applies', [rule('{ facility: [B] }')], '2300-01-01', 'review', undefined],
    [
      'a rule that may apply counts as if it did',
      [TEN, rule('{ region: [north] }')],
      '2021-01-01',
      'keep',
      'other',
    ],
    ['and then asks for review', [TEN, rule('{ region: [north] }')], '2022-06-16', 'review', 'other'],
    [
      'even where it is the shorter one',
      [TEN, rule('{ region: [north] }', { keep: '{ atLeast: [{ period: 1y, from: study-date }] }' })],
      '2020-06-16',
      'review',
      'ten',
    ],
    [
      'what cannot be reckoned is kept as long as what can',
      [TEN, rule('{}', { keep: '{ atLeast: [{ period: 1y, from: death }] }' })],
      '2020-06-15',
      'keep',
      'ten',
    ],
    [
      'and is then for review',
      [TEN, rule('{}', { keep: '{ atLeast: [{ period: 1y, from: death }] }' })],
      '2020-06-16',
      'review',
      'ten',
    ],
  ])('%s', (_title, rules, today, verdict, decidedBy) => {
    const finding = judge(scheduleOf(rules), {}, today);
    expect([finding.verdict, finding.decidedBy?.id]).toEqual([verdict, decidedBy]);
  });

  it('says which rules matched, the longest first, and what is missing', () => {
    const finding = judge(scheduleOf([TEN, rule('{ region: [north] }')]), {}, '2022-06-16');
    expect(finding.rules.map(({ rule: { id }, applies, missing }) => [id, applies, missing])).toEqual([
      ['other', 'unknown', ['region']],
      ['ten', 'yes', []],
    ]);
    expect(finding.problems).toEqual([
      { input: 'region', kind: 'missing', text: 'region is not known, and other asks for it' },
    ]);
  });

  it('a schedule that was changed says something else of the same study', () => {
    const before = judge(scheduleOf([TEN]), {}, '2020-06-16');
    const after = judge(scheduleOf([TEN.replace('10y', '30y')]), {}, '2020-06-16');
    expect([before.verdict, after.verdict, after.earliestDisposition]).toEqual([
      'destroy',
      'keep',
      '2040-06-16',
    ]);
  });
});

describe('maximum and cold tier', () => {
  it('is overdue when the longest maximum has passed', () => {
    const keep = (years: number) =>
      `{ atLeast: [{ period: 5y, from: study-date }], atMost: [{ period: ${years}y, from: study-date }] }`;
    const rules = [rule('{}', { keep: keep(8) }), rule('{}', { keep: keep(9), id: 'third' })];
    expect(judge(scheduleOf(rules), {}, '2019-06-16').overdueFrom).toBe('2019-06-16');
  });

  it('may lie in the cold tier from the latest day that a rule names', () => {
    const cold = (years: number) => `${TEN.slice(0, -2)}, cold: { period: ${years}y, from: last-contact } }`;
    const rules = [cold(1), cold(2).replace('id: ten', 'id: two')];
    expect(judge(scheduleOf(rules), { contact: '2011-01-01' }, '2012-01-01').coldFrom).toBe('2013-01-02');
  });
});

describe('last contact', () => {
  it.each<[string, Case, string, string]>([
    ['a contact in the future is a conflict', { contact: '2050-01-01' }, '2060-01-02', 'destroy'],
    ['and keeps the study', { contact: '2050-01-01' }, '2030-01-01', 'keep'],
    [
      'a study with a date in the future counts from its receipt',
      { others: [{ studied: '2090-01-01', received: '2011-01-01' }] },
      '2021-01-02',
      'destroy',
    ],
  ])('%s', (_title, given, today, verdict) => {
    const schedule = scheduleOf([rule('{}', { keep: '{ atLeast: [{ period: 10y, from: last-contact }] }' })]);
    expect(judge(schedule, given, today).verdict).toBe(verdict);
  });
});
