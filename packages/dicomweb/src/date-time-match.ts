/**
 * Dates, times and date-times in queries, single and as ranges (PS3.4 C.2.2.2.1 and C.2.2.2.5, PS3.5 Table 6.2-1).
 * Bounds come out complete and inclusive: a time `10` as a bound from is 10:00:00.000000, as a bound to 10:59:59.999999.
 */

/** A range; one bound may be missing, not both. Bounds are inclusive and compare as strings of their VR. */
export interface ValueRange {
  /** Whether the query gave one value, two bounds, or one of them. */
  readonly form: 'single' | 'between' | 'from' | 'to';
  readonly from?: string;
  readonly to?: string;
}

/** VRs that range matching applies to. */
export type DateTimeVr = 'DA' | 'TM' | 'DT';

/**
 * Reads a value or a range of a VR.
 * - DA: bounds `YYYYMMDD`; a single date is the range of that day.
 * - TM: bounds `HHMMSS.FFFFFF`; a single time is the range that its precision leaves open.
 * - DT: bounds `YYYYMMDDHHMMSS.FFFFFF` with the offset `+ZZXX` if the query has one.
 *
 * @returns undefined if a bound is no value of the VR, e.g. 20240230
 */
export function parseDateTimeRange(vr: DateTimeVr, text: string): ValueRange | undefined {
  const trimmed = text.trim();
  const single = boundsOf(vr, trimmed);
  if (single !== undefined) return { form: 'single', ...single };
  for (let hyphen = trimmed.indexOf('-'); hyphen >= 0; hyphen = trimmed.indexOf('-', hyphen + 1)) {
    const range = between(vr, trimmed.slice(0, hyphen).trim(), trimmed.slice(hyphen + 1).trim());
    if (range !== undefined) return range;
  }
  return undefined;
}

/** Whether a range ends before it begins. Date-times with different offsets from UTC are not compared. */
export function isReversed({ from, to }: { readonly from?: string; readonly to?: string }): boolean {
  if (from === undefined || to === undefined) return false;
  return from.slice(lengthWithoutOffset) === to.slice(lengthWithoutOffset) && from > to;
}

const lengthWithoutOffset = 'YYYYMMDDHHMMSS.FFFFFF'.length;

function between(vr: DateTimeVr, from: string, to: string): ValueRange | undefined {
  const lower = from === '' ? undefined : boundsOf(vr, from);
  const upper = to === '' ? undefined : boundsOf(vr, to);
  if ((from !== '' && lower === undefined) || (to !== '' && upper === undefined)) return undefined;
  if (lower === undefined) return upper === undefined ? undefined : { form: 'to', to: upper.to };
  if (upper === undefined) return { form: 'from', from: lower.from };
  return { form: 'between', from: lower.from, to: upper.to };
}

/** First and last moment that a value covers. */
interface Bounds {
  readonly from: string;
  readonly to: string;
}

function boundsOf(vr: DateTimeVr, text: string): Bounds | undefined {
  switch (vr) {
    case 'DA':
      return isDate(text) ? { from: text, to: text } : undefined;
    case 'TM':
      return timeBounds(text);
    case 'DT':
      return dateTimeBounds(text);
    default:
      return vr satisfies never;
  }
}

function isDate(text: string): boolean {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function timeBounds(text: string): Bounds | undefined {
  const match = /^([01]\d|2[0-3])(?:([0-5]\d)(?:([0-5]\d|60)(?:\.(\d{1,6}))?)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, hours = '', minutes, seconds, fraction = ''] = match;
  return {
    from: `${hours}${minutes ?? '00'}${seconds ?? '00'}.${fraction.padEnd(6, '0')}`,
    to: `${hours}${minutes ?? '59'}${seconds ?? '59'}.${fraction.padEnd(6, '9')}`,
  };
}

function dateTimeBounds(text: string): Bounds | undefined {
  const match = /^(\d{4}(?:\d{2}){0,2})(\d*(?:\.\d{1,6})?)(?:([+\- ])(\d{2})(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '', sign = '', offsetHours = '', offsetMinutes = ''] = match;
  if (sign !== '' && !isOffset(sign, Number(offsetHours), Number(offsetMinutes))) return undefined;
  const days = dateBounds(date);
  const times = time === '' ? { from: '000000.000000', to: '235959.999999' } : timeBounds(time);
  if (days === undefined || times === undefined || (time !== '' && date.length < 8)) return undefined;
  // An unescaped "+" in a query arrives as a space.
  const offset = sign === '' ? '' : `${sign === '-' ? '-' : '+'}${offsetHours}${offsetMinutes}`;
  return { from: `${days.from}${times.from}${offset}`, to: `${days.to}${times.to}${offset}` };
}

/** PS3.5 Table 6.2-1: offsets from UTC lie between -1200 and +1400; -0000 is not one. */
function isOffset(sign: string, hours: number, minutes: number): boolean {
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= (sign === '-' ? 12 : 14) * 60 && !(sign === '-' && total === 0);
}

function dateBounds(date: string): Bounds | undefined {
  const year = date.slice(0, 4);
  const month = date.slice(4, 6);
  if (date.length === 4 && !isDate(`${date}0101`)) return undefined;
  if (date.length === 4) return { from: `${year}0101`, to: `${year}1231` };
  if (date.length === 6) {
    if (!isDate(`${date}01`)) return undefined;
    return {
      from: `${date}01`,
      to: `${date}${daysIn(Number(year), Number(month)).toString().padStart(2, '0')}`,
    };
  }
  return isDate(date) ? { from: date, to: date } : undefined;
}
