import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DateTimeVr, isReversed, parseDateTimeRange } from './date-time-match.ts';

describe('parseDateTimeRange', () => {
  it.each<[DateTimeVr, string, unknown]>([
    ['DA', '20240229', { form: 'single', from: '20240229', to: '20240229' }],
    ['DA', '20240101-20240131', { form: 'between', from: '20240101', to: '20240131' }],
    ['DA', ' 20240101 - 20240131 ', { form: 'between', from: '20240101', to: '20240131' }],
    ['DA', '20240101-', { form: 'from', from: '20240101' }],
    ['DA', '-20240131', { form: 'to', to: '20240131' }],
    ['DA', '20230229', undefined],
    ['DA', '19000229', undefined],
    ['DA', '20000229', { form: 'single', from: '20000229', to: '20000229' }],
    ['DA', '20241301', undefined],
    ['DA', '202401', undefined],
    ['DA', '2024.01.01', undefined],
    ['DA', '-', undefined],
    ['DA', '20240101-20240131-', undefined],
    ['TM', '10', { form: 'single', from: '100000.000000', to: '105959.999999' }],
    ['TM', '1030-', { form: 'from', from: '103000.000000' }],
    ['TM', '-1030', { form: 'to', to: '103059.999999' }],
    ['TM', '103000.5-110000', { form: 'between', from: '103000.500000', to: '110000.999999' }],
    ['TM', '235960', { form: 'single', from: '235960.000000', to: '235960.999999' }],
    ['TM', '24', undefined],
    ['TM', '1060', undefined],
    ['TM', '1', undefined],
    ['TM', '10:30', undefined],
    ['TM', '103000.1234567', undefined],
    ['DT', '2024', { form: 'single', from: '20240101000000.000000', to: '20241231235959.999999' }],
    ['DT', '202402', { form: 'single', from: '20240201000000.000000', to: '20240229235959.999999' }],
    ['DT', '202401011030', { form: 'single', from: '20240101103000.000000', to: '20240101103059.999999' }],
    ['DT', '2010-2015', { form: 'between', from: '20100101000000.000000', to: '20151231235959.999999' }],
    [
      'DT',
      '2010-1100',
      { form: 'single', from: '20100101000000.000000-1100', to: '20101231235959.999999-1100' },
    ],
    ['DT', '20240101+0500-', { form: 'from', from: '20240101000000.000000+0500' }],
    ['DT', '20240101 0500-', { form: 'from', from: '20240101000000.000000+0500' }],
    [
      'DT',
      '20240101-0500-20240102-0500',
      {
        form: 'between',
        from: '20240101000000.000000-0500',
        to: '20240102235959.999999-0500',
      },
    ],
    ['DT', '20240101+1500', undefined],
    ['DT', '20240101-0000', undefined],
    ['DT', '20240', undefined],
    ['DT', '20241301', undefined],
  ])('%s %s', (vr, text, expected) => {
    expect(parseDateTimeRange(vr, text)).toEqual(expected);
  });

  it('reads every day of the calendar and no other', () => {
    const anyDay = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(anyDay, (date) => {
        const day = date.toISOString().slice(0, 10).replaceAll('-', '');
        expect(parseDateTimeRange('DA', day)).toEqual({ form: 'single', from: day, to: day });
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), (number) => {
        const digits = number.toString().padStart(8, '0');
        const iso = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
        const time = Date.parse(iso);
        const isDay = number >= 10_000 && !Number.isNaN(time) && new Date(time).toISOString().startsWith(iso);
        expect(parseDateTimeRange('DA', digits) !== undefined).toBe(isDay);
      }),
    );
  });
});

describe('isReversed', () => {
  it.each([
    ['20240102', '20240101', true],
    ['20240101', '20240101', false],
    ['20240101000000.000000+0500', '20230101000000.000000+0500', true],
    ['20240101000000.000000+0500', '20230101000000.000000-0500', false],
    [undefined, '20240101', false],
  ])('%s to %s', (from, to, expected) => {
    expect(isReversed({ ...(from !== undefined && { from }), to })).toBe(expected);
  });
});
