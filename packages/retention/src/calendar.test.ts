import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, parseCalendarDate } from './calendar-date.ts';
import { dayIn } from './day-in-zone.ts';
import { addPeriod, parsePeriod } from './period.ts';

const add = (date: string, period: string) => addPeriod(parseCalendarDate(date), parsePeriod(period));

describe('addPeriod', () => {
  it.each([
    ['2010-06-15', '10y', '2020-06-15'],
    ['2012-02-29', '1y', '2013-03-01'],
    ['2012-02-29', '4y', '2016-02-29'],
    ['2000-02-29', '100y', '2100-03-01'],
    ['2010-01-31', '1m', '2010-03-01'],
    ['2010-12-31', '2m', '2011-03-01'],
    ['2010-12-15', '1m', '2011-01-15'],
    ['2010-11-30', '1y3m', '2012-03-01'],
    ['2010-12-31', '1d', '2011-01-01'],
    ['2010-06-15', '1y1m1d', '2011-07-16'],
  ])('%s + %s = %s', (date, period, passed) => {
    expect(add(date, period)).toBe(passed);
  });

  it('is the same day of a later year, or 1 March', () => {
    const date = fc
      .integer({ min: 0, max: 60_000 })
      .map((count) => addDays(parseCalendarDate('1900-01-01'), count));
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 40 }), (start, years) => {
        const end = add(start, `${years}y`);
        expect(Number(end.slice(0, 4)) - Number(start.slice(0, 4))).toBe(years);
        expect(end.slice(5)).toBe(
          end.endsWith('-03-01') && start.endsWith('-02-29') ? '03-01' : start.slice(5),
        );
      }),
    );
  });
});

describe('what is none', () => {
  it.each(['2023-02-29', '2024-13-01', '2024-00-10', '2024-01-32', '20240131', '0000-01-01', ''])(
    '%j is no day',
    (text) => {
      expect(() => parseCalendarDate(text)).toThrow('is not a day like 2024-02-29');
    },
  );

  it.each(['', '10', 'y', '-1y', '1.5y', '1m1y', '600y', '1y '])('%j is no period', (text) => {
    expect(() => parsePeriod(text)).toThrow('is not a period like');
  });
});

describe('dayIn', () => {
  it.each([
    ['Asia/Almaty', '2024-01-31T17:59:59Z', '2024-01-31'],
    ['Asia/Almaty', '2024-01-31T18:00:00Z', '2024-02-01'],
    // At midnight the clocks went back an hour: it was 29 February again.
    ['Asia/Almaty', '2024-02-29T18:00:00Z', '2024-02-29'],
    // Five hours ahead of UTC since 1 March 2024
    ['Asia/Almaty', '2024-03-01T18:59:59Z', '2024-03-01'],
    ['America/New_York', '2024-01-01T04:59:59Z', '2023-12-31'],
    ['Asia/Seoul', '2023-12-31T15:00:00Z', '2024-01-01'],
  ])('%s at %s: %s', (zone, moment, day) => {
    expect(dayIn(zone, new Date(moment))).toBe(day);
  });

  it('is what the calendar of the zone says at every moment', () => {
    const zones = ['Asia/Almaty', 'Europe/London', 'America/St_Johns', 'Pacific/Apia', 'Australia/Lord_Howe'];
    // Days on which clocks changed, a day was left out, or the day came twice, and the hours around them
    const changes = ['2024-02-29T18:00Z', '2010-11-07T02:30Z', '2011-12-30T10:00Z', '2021-03-28T01:00Z'];
    const near = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -2_880, max: 2_880 }))
      .map(([change, minutes]) => new Date(Date.parse(change) + minutes * 60_000));
    const any = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.oneof(near, any), (timeZone, moment) => {
        const calendar = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' });
        expect(dayIn(timeZone, moment)).toBe(calendar.format(moment));
      }),
      { numRuns: 2_000 },
    );
  });
});
