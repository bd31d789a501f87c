import { readySchedules } from '@sandyq/disposition';
import { parseSchedule } from '@sandyq/retention';
import { expect, it } from 'vitest';
import { scheduleWords } from './schedule-words.ts';

const schedule = (rules: string) =>
  parseSchedule(
    `{schedule: x, version: 2, title: T, source: S, timeZone: Asia/Seoul, effective: {from: 2020-01-01, until: 2030-01-01}, rules: [${rules}]}`,
  );

it.each([
  ['for-ever', 'for ever'],
  ['{atLeast: [{period: 1y6m, from: last-contact}]}', '1y6m from the last contact'],
  [
    '{atLeast: [{untilAge: 25y}, {period: 8y, from: study-date}], atMost: [{period: 20y, from: death}]}',
    'to the age of 25y and 8y from the study date, at most 20y from the death',
  ],
])('%s is kept %s', (keep, words) => {
  const told = scheduleWords(schedule(`{id: r, title: R, when: {}, keep: ${keep}, atEnd: review}`));
  expect(told).toContain('in force   from 2020-01-01, before 2030-01-01');
  expect(told.split('\n').at(-1)).toBe(`r     ${words}  review      R`);
});

it('says when what is kept may lie in the cold tier', () => {
  const kept = 'when: {}, keep: {atLeast: [{period: 9y, from: study-date}]}, atEnd: destroy';
  const told = scheduleWords(
    schedule(`{id: r, title: R, ${kept}, cold: {period: 2y, from: study-date}}, {id: s, title: S, ${kept}}`),
  );
  const [header, first, second] = told.split('\n').slice(-3);
  expect(header).toContain('COLD AFTER');
  expect(first).toContain('2y from the study date');
  expect(second).toContain('  -  ');
});

it('every schedule that comes with the archive can be told', async () => {
  for (const { rules } of await readySchedules()) {
    const told = scheduleWords(rules);
    for (const { id } of rules.rules) expect(told).toContain(`\n${id} `);
  }
});
