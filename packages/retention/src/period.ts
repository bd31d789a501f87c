/** Retention periods: years, months and days of the calendar. */
import { addDays, type CalendarDate, dayOf, partsOf } from './calendar-date.ts';
import { RetentionError } from './errors.ts';

/** So many years, then months, then days; each from 0. */
export interface Period {
  readonly years: number;
  readonly months: number;
  readonly days: number;
}

/** Longest period, in years: what is to be kept longer is kept for good (`keep: for-ever`). */
export const longestPeriodYears = 500;

/** Reads `10y`, `6m`, `30d`, `1y6m`. Throws RetentionError('invalid-period'). */
export function parsePeriod(text: string): Period {
  const [whole, years = '0', months = '0', days = '0'] =
    /^(?:(\d{1,3})y)?(?:(\d{1,4})m)?(?:(\d{1,6})d)?$/.exec(text) ?? [];
  const period = { years: Number(years), months: Number(months), days: Number(days) };
  const isLong = period.years + period.months / 12 + period.days / 365 > longestPeriodYears;
  if (whole === undefined || whole === '' || isLong) {
    throw new RetentionError(
      'invalid-period',
      `${JSON.stringify(text)} is not a period like 10y, 6m, 30d or 1y6m`,
    );
  }
  return period;
}

/**
 * The day on which the period, begun on `date`, has passed: its anniversary. Where that day does not exist it is the
 * next one (29 February + 1y = 1 March; 31 January + 1m = 1 March), so that no period comes out shorter than it says.
 */
export function addPeriod(date: CalendarDate, { years, months, days }: Period): CalendarDate {
  const { year, month, day } = partsOf(date);
  const months0 = year * 12 + (month - 1) + years * 12 + months;
  const anniversary = dayOf(Math.floor(months0 / 12), (months0 % 12) + 1, day);
  return days === 0 ? anniversary : addDays(anniversary, days);
}
