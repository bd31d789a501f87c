/** Days of the calendar, without time and zone: what retention periods are reckoned in. */
import { RetentionError } from './errors.ts';

/** `YYYY-MM-DD` of the Gregorian calendar, from 0001 to 9999. Compares as text. */
export type CalendarDate = string & { readonly calendarDate: unique symbol };

/** Reads `YYYY-MM-DD`. Throws RetentionError('invalid-date') for a day that does not exist. */
export function parseCalendarDate(text: string): CalendarDate {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const parts = { year: Number(year), month: Number(month), day: Number(day) };
  const exists =
    parts.year >= 1 &&
    parts.month >= 1 &&
    parts.month <= 12 &&
    parts.day >= 1 &&
    parts.day <= daysOfMonth(parts.year, parts.month);
  if (!exists)
    throw new RetentionError('invalid-date', `${JSON.stringify(text)} is not a day like 2024-02-29`);
  return text as CalendarDate;
}

/** The parts of a date as numbers. */
export function partsOf(date: CalendarDate): { year: number; month: number; day: number } {
  return { year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8)) };
}

/** The day of these parts; a day past the end of its month is the first of the next: 29 February of 2023 is 1 March. */
export function dayOf(year: number, month: number, day: number): CalendarDate {
  if (day <= daysOfMonth(year, month)) return format(year, month, day);
  return month === 12 ? format(year + 1, 1, 1) : format(year, month + 1, 1);
}

/** `count` days later (earlier, if negative). */
export function addDays(date: CalendarDate, count: number): CalendarDate {
  const { year, month, day } = partsOf(date);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day + count);
  return format(moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate());
}

/** The day that it is at `moment` in a time zone of the IANA database, e.g. `Asia/Almaty`. */
export function dayIn(timeZone: string, moment: Date): CalendarDate {
  return parseCalendarDate(formatterOf(timeZone).format(moment));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * Swedish dates are `YYYY-MM-DD`: a part after the other takes three times as long. Making a formatter takes a thousand times
 * as long as using it; there are a few hundred zones.
 */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('sv-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  formatters.set(timeZone, made);
  return made;
}

function daysOfMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function format(year: number, month: number, day: number): CalendarDate {
  if (year < 1 || year > 9999) throw new RetentionError('invalid-date', `the year ${year} is out of range`);
  const text = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return text as CalendarDate;
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
