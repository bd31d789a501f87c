/** Days of the calendar, without time and zone: what retention periods are reckoned in. Asked several times for every study. */
import { RetentionError } from './errors.ts';

/** `YYYY-MM-DD` of the Gregorian calendar, from 0001 to 9999. Compares as text. */
export type CalendarDate = string & { readonly calendarDate: unique symbol };

/** Reads `YYYY-MM-DD`. Throws RetentionError('invalid-date') for a day that does not exist. */
export function parseCalendarDate(text: string): CalendarDate {
  if (!isDay(text))
    throw new RetentionError('invalid-date', `${JSON.stringify(text)} is not a day like 2024-02-29`);
  return text;
}

function isDay(text: string): text is CalendarDate {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const { year, month, day } = partsOf(text as CalendarDate);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
}

/** The parts of a date as numbers. */
export function partsOf(date: CalendarDate): { year: number; month: number; day: number } {
  return { year: digits(date, 0, 4), month: digits(date, 5, 7), day: digits(date, 8, 10) };
}

function digits(date: CalendarDate, from: number, end: number): number {
  let value = 0;
  for (let at = from; at < end; at += 1) value = value * 10 + date.charCodeAt(at) - ZERO;
  return value;
}

const ZERO = 48;

/** The day of these parts; a day past the end of its month is the first of the next: 29 February of 2023 is 1 March. */
export function dayOf(year: number, month: number, day: number): CalendarDate {
  if (day <= daysOfMonth(year, month)) return format(year, month, day);
  return month === 12 ? format(year + 1, 1, 1) : format(year, month + 1, 1);
}

/** `count` days later (earlier, if negative). */
export function addDays(date: CalendarDate, count: number): CalendarDate {
  const { year, month, day } = partsOf(date);
  const isInMonth = day + count >= 1 && day + count <= SHORTEST_MONTH;
  if (isInMonth) return format(year, month, day + count);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day + count);
  return format(moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate());
}

const SHORTEST_MONTH = 28;

function daysOfMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function format(year: number, month: number, day: number): CalendarDate {
  if (year < 1 || year > 9999) throw new RetentionError('invalid-date', `the year ${year} is out of range`);
  const text = `${year > 999 ? year : String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
  return text as CalendarDate;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
