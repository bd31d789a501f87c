import type { KnownLock } from '@sandyq/database';
import {
  type LegalHold,
  parseCalendarDate,
  parseCondition,
  parseSchedule,
  type RetentionSubject,
} from '@sandyq/retention';
import { describe, expect, it } from 'vitest';
import { changeOf, isRenewalDue, wantedLock } from './wanted-lock.ts';

const now = new Date('2026-03-01T12:00:00Z');
const day = (text: string) => new Date(`${text}T00:00:00Z`);

const subject = (studied: string): RetentionSubject => ({
  studyInstanceUid: '2.25.1',
  studyDate: parseCalendarDate(studied),
  firstReceivedAt: new Date(`${studied}T09:00:00Z`),
  modalities: ['CT'],
  bodyParts: [],
  lacksBodyPart: true,
  sopClasses: [],
  facility: 'north',
  devices: [],
  attributes: {},
  programmes: [],
  patient: {
    identifiers: [],
    birthDates: [],
    deathDates: [],
    diagnoses: [],
    otherStudies: [],
    unconfirmedCandidates: 0,
  },
  hasIdentityConflict: false,
});

const schedule = (when: string, keep: string) =>
  parseSchedule(`
schedule: test
version: 1
title: Test
source: test
timeZone: Asia/Almaty
effective: { from: 2020-01-01 }
rules: [{ id: r, title: r, when: ${when}, keep: ${keep}, atEnd: destroy }]
`);
const tenYears = schedule('{}', '{ atLeast: [{ period: 10y, from: study-date }] }');

const hold: LegalHold = {
  legalHoldId: 'h',
  reason: 'r',
  authority: 'a',
  owner: 'o',
  scope: { kind: 'query', condition: parseCondition('facility: [north]') },
  placedBy: 'alice',
  placedAt: now,
  reviewOn: parseCalendarDate('2030-01-01'),
};

describe('what is to be locked', () => {
  it.each<[string, string, ReturnType<typeof schedule> | undefined, Date | undefined]>([
    ['a year at most, however long the period', '2025-01-01', tenYears, new Date('2027-03-01T12:00:00Z')],
    ['until a day before it may go', '2016-06-15', tenYears, day('2026-06-15')],
    ['not at all when it may go', '2010-06-15', tenYears, undefined],
    ['not for the last day', '2016-03-01', tenYears, undefined],
    [
      'a year, what is kept for ever',
      '2010-06-15',
      schedule('{}', 'for-ever'),
      new Date('2027-03-01T12:00:00Z'),
    ],
    [
      'a year, what cannot be reckoned',
      '2010-06-15',
      schedule('{}', '{ atLeast: [{ untilAge: 25y }] }'),
      new Date('2027-03-01T12:00:00Z'),
    ],
    ['not what no rule speaks of', '2025-01-01', schedule('{ facility: [south] }', 'for-ever'), undefined],
    ['not without a schedule', '2025-01-01', undefined, undefined],
  ])('%s', (_what, studied, given, retainUntil) => {
    const wanted = wantedLock(subject(studied), now, { holds: [], schedule: given });
    expect(wanted).toEqual({ hasLegalHold: false, retainUntil });
  });

  it('is held while a hold binds it', () => {
    const wanted = wantedLock(subject('2010-06-15'), now, { holds: [hold], schedule: tenYears });
    expect(wanted).toEqual({ hasLegalHold: true, retainUntil: undefined });
  });
});

describe('a renewal', () => {
  it.each<[string, Date | undefined, Date | undefined, boolean]>([
    ['of nothing', undefined, day('2027-03-01'), true],
    ['that nothing asks for', undefined, undefined, false],
    ['with half a year left', day('2026-10-01'), day('2027-03-01'), false],
    ['with less', day('2026-08-01'), day('2027-03-01'), true],
    ['for nothing longer', day('2026-08-01'), day('2026-08-01'), false],
  ])('%s', (_what, retained, wanted, isDue) => {
    expect(isRenewalDue(retained, wanted, now)).toBe(isDue);
  });
});

describe('the change of a lock', () => {
  const lock: KnownLock = {
    place: 'store',
    role: 'in-use',
    isAtRest: true,
    hasLegalHold: false,
    retainedUntil: undefined,
  };
  const held = { ...lock, hasLegalHold: true };
  const nothing = { hasLegalHold: false, retainUntil: undefined };
  const aHold = { ...nothing, hasLegalHold: true };
  const aYear = { ...nothing, retainUntil: day('2027-03-01') };
  const on = { hold: true, retainUntil: undefined };
  const off = { hold: false, retainUntil: undefined };
  it.each<[string, KnownLock, Parameters<typeof changeOf>[1], ReturnType<typeof changeOf>]>([
    ['none where nothing is wanted', lock, nothing, undefined],
    ['a hold where one is wanted', lock, aHold, on],
    ['none where it is held', held, aHold, undefined],
    ['the end of a hold that nothing asks for', held, nothing, off],
    [
      'a hold and a retention',
      lock,
      { ...aYear, hasLegalHold: true },
      { ...on, retainUntil: day('2027-03-01') },
    ],
    ['the end of a hold on what is superseded', { ...held, role: 'superseded' }, aHold, off],
    ['a retention of what is at rest', lock, aYear, { hold: undefined, retainUntil: day('2027-03-01') }],
    ['none of what will be joined', { ...lock, isAtRest: false }, aYear, undefined],
    ['none of what leaves the store', { ...lock, role: 'leaving' }, aYear, undefined],
    ['the end of a hold on what leaves the store', { ...held, role: 'leaving' }, aHold, off],
    ['a hold on what a purge has given up', { ...lock, role: 'given-up' }, aHold, on],
    ['none of what a purge has given up', { ...lock, role: 'given-up' }, aYear, undefined],
    ['no hold on a spare copy', { ...lock, role: 'spare' }, aHold, undefined],
    ['none of a spare copy that is held', { ...held, role: 'spare' }, aHold, undefined],
    ['the end of a hold on a spare copy', { ...held, role: 'spare' }, nothing, off],
  ])('is %s', (_what, found, wanted, expected) => {
    expect(changeOf(found, wanted, { now, coldLocks: true })).toEqual(expected);
  });

  it('leaves a hold in the store where the cold tier cannot take it over', () => {
    const leaving: KnownLock = { ...lock, role: 'leaving' };
    expect(changeOf(leaving, aHold, { now, coldLocks: false })).toEqual(on);
    expect(changeOf({ ...leaving, hasLegalHold: true }, aHold, { now, coldLocks: false })).toBeUndefined();
  });
});
