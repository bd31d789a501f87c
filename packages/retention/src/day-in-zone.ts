/** Which day it is somewhere at a moment: asked for every receipt of every study, and slow where the calendar is asked each time. */
import { addDays, type CalendarDate, parseCalendarDate } from './calendar-date.ts';

/** The day that it is at `moment` in a time zone of the IANA database, e.g. `Asia/Almaty`. */
export function dayIn(timeZone: string, moment: Date): CalendarDate {
  const zone = zoneOf(timeZone);
  const time = moment.getTime();
  const day = utcDayOf(zone, Math.floor(time / DAY_MS));
  if (day === 'clocks-change') return dayOf(localTime(zone, time));
  return time < day.midnight ? day.before : day.after;
}

const DAY_MS = 86_400_000;

/** A day in UTC is some hours of one day in the zone, then of the next. */
interface UtcDay {
  /** When the second one begins; at the end of this day or in it. */
  readonly midnight: number;
  readonly before: CalendarDate;
  readonly after: CalendarDate;
}

interface Zone {
  readonly formatter: Intl.DateTimeFormat;
  /** By the number of the day since 1970. */
  readonly days: Map<number, UtcDay | 'clocks-change'>;
}

/** There are a few hundred. */
const zones = new Map<string, Zone>();
/** Days that are remembered of a zone: a hundred years. */
const MOST_DAYS = 36_525;

/** Swedish moments are `YYYY-MM-DD hh:mm:ss`. To make a formatter takes a thousand times as long as to use it. */
function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('sv-u-ca-gregory-nu-latn', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const zone: Zone = { formatter, days: new Map() };
  zones.set(timeZone, zone);
  return zone;
}

function utcDayOf(zone: Zone, number: number): UtcDay | 'clocks-change' {
  const known = zone.days.get(number);
  if (known !== undefined) return known;
  if (zone.days.size >= MOST_DAYS) zone.days.clear();
  const day = readUtcDay(zone, number * DAY_MS);
  zone.days.set(number, day);
  return day;
}

/** Where clocks do not change in it, they say the same at its end as at its start. */
function readUtcDay(zone: Zone, start: number): UtcDay | 'clocks-change' {
  const [first, last] = [localTime(zone, start), localTime(zone, start + DAY_MS)];
  if (timeOf(first) !== timeOf(last) || addDays(dayOf(first), 1) !== dayOf(last)) return 'clocks-change';
  const [hours = 0, minutes = 0, seconds = 0] = timeOf(first).split(':').map(Number);
  const sinceMidnight = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  return { midnight: start + DAY_MS - sinceMidnight, before: dayOf(first), after: dayOf(last) };
}

function localTime({ formatter }: Zone, time: number): string {
  return formatter.format(time);
}

function dayOf(local: string): CalendarDate {
  return parseCalendarDate(local.slice(0, local.indexOf(' ')));
}

function timeOf(local: string): string {
  return local.slice(local.indexOf(' ') + 1);
}
