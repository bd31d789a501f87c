import { parseSchedule } from '@sandyq/retention';
import { describe, expect, it } from 'vitest';
import { scheduleText, type TestSchedule } from '../testing/adopted-schedule.ts';
import { whenInForce } from './when-in-force.ts';

const scheduleOf = (given: TestSchedule) => parseSchedule(scheduleText(given));
const NOW = '2026-06-01T12:00:00Z';
const old = { schedule: 'old', from: '2000-01-01' };

interface Case {
  readonly proposed: TestSchedule;
  /** Those that go before others first. */
  readonly adopted: readonly TestSchedule[];
  readonly expected:
    | { readonly from: string; readonly until?: string; readonly instead?: string }
    | undefined;
}

// Almaty is five hours ahead of UTC since 2024-03-01, and was six ahead before.
const CASES: readonly (readonly [name: string, Case])[] = [
  ['now, where none is in force', { proposed: {}, adopted: [], expected: { from: NOW } }],
  [
    'now, in place of one that became effective earlier',
    { proposed: { from: '2020-01-01' }, adopted: [old], expected: { from: NOW, instead: 'old' } },
  ],
  [
    'now, in place of one that became effective on the same day',
    { proposed: { from: '2000-01-01' }, adopted: [old], expected: { from: NOW, instead: 'old' } },
  ],
  [
    'at the beginning of its day in its time zone',
    {
      proposed: { from: '2027-01-01' },
      adopted: [old],
      expected: { from: '2026-12-31T19:00:00Z', instead: 'old' },
    },
  ],
  [
    'at the beginning of a day on which clocks are put forward at midnight',
    {
      proposed: { from: '2027-03-26', timeZone: 'Asia/Beirut' },
      adopted: [old],
      expected: { from: '2027-03-25T22:00:00Z', instead: 'old' },
    },
  ],
  [
    'on a leap day',
    {
      proposed: { from: '2028-02-29', timeZone: 'Pacific/Kiritimati' },
      adopted: [old],
      expected: { from: '2028-02-28T10:00:00Z', instead: 'old' },
    },
  ],
  [
    'until its end',
    {
      proposed: { from: '2020-01-01', until: '2026-07-01' },
      adopted: [old],
      expected: { from: NOW, until: '2026-06-30T19:00:00Z', instead: 'old' },
    },
  ],
  [
    'until another one is effective',
    {
      proposed: { from: '2020-01-01' },
      adopted: [{ schedule: 'next', from: '2026-07-01', timeZone: 'UTC' }, old],
      expected: { from: NOW, until: '2026-07-01T00:00:00Z', instead: 'old' },
    },
  ],
  [
    'when another one has ended',
    {
      proposed: { from: '2020-01-01' },
      adopted: [{ schedule: 'short', from: '2026-01-01', until: '2026-08-01', timeZone: 'UTC' }, old],
      expected: { from: '2026-08-01T00:00:00Z', instead: 'old' },
    },
  ],
  [
    'in place of the one that is in force by then',
    {
      proposed: { from: '2027-01-01', timeZone: 'UTC' },
      adopted: [{ schedule: 'next', from: '2026-09-01' }, old],
      expected: { from: '2027-01-01T00:00:00Z', instead: 'next' },
    },
  ],
  [
    'never: others go before it',
    {
      proposed: { from: '2020-01-01' },
      adopted: [{ schedule: 'newer', from: '2021-01-01' }, old],
      expected: undefined,
    },
  ],
  [
    'never: it has ended',
    { proposed: { from: '2020-01-01', until: '2026-06-01' }, adopted: [old], expected: undefined },
  ],
];

describe('a version that is adopted is in force', () => {
  it.each(CASES)('%s', (_, { proposed, adopted, expected }) => {
    const takeover = whenInForce(scheduleOf(proposed), adopted.map(scheduleOf), new Date(NOW));
    expect(
      takeover && {
        from: takeover.from,
        until: takeover.until,
        instead: takeover.instead?.schedule,
      },
    ).toEqual(
      expected && {
        from: new Date(expected.from),
        until: expected.until === undefined ? undefined : new Date(expected.until),
        instead: expected.instead,
      },
    );
  });
});
