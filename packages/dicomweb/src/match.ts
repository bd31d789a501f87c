/** What one attribute of a search is matched against (PS3.4 C.2.2.2), and how its value is read from a query. */
import type { Tag, Vr } from '@sandyq/dicom';
import { parseDateTimeRange } from './date-time-match.ts';

/** One way of matching. All filters of a request must hold (PS3.4 C.2.2.1). */
export type Match =
  /** Universal matching: no restriction, but the attribute is returned (C.2.2.2.3). */
  | { readonly kind: 'universal' }
  /** Empty Value Matching: the attribute has no value (C.2.2.2.7). */
  | { readonly kind: 'empty' }
  /** The attribute has one of the values; of several values of the attribute, any may (C.2.2.2.1). */
  | { readonly kind: 'exact'; readonly values: readonly string[] }
  /** List of UID matching (C.2.2.2.2): never empty, without duplicates. */
  | { readonly kind: 'uid-list'; readonly values: readonly string[] }
  /** `*` = any text, `?` = any character, case-sensitive; never `*` alone (C.2.2.2.4). */
  | { readonly kind: 'wildcard'; readonly pattern: string }
  /** Inclusive bounds as date-time-match.ts describes them; `from` ≤ `to` (C.2.2.2.5). */
  | RangeMatch
  /** A date and a time as one moment: bounds `YYYYMMDD` + `HHMMSS.FFFFFF`, inclusive; the path is the date's. */
  | {
      readonly kind: 'combined-range';
      readonly timePath: readonly Tag[];
      readonly from?: string;
      readonly to?: string;
    }
  /** A name in any of its component groups, or patterns for single groups; `*` and `?` count if `hasWildcards`. */
  | PersonNameMatch;

/** A range of dates, times or date-times. */
export interface RangeMatch {
  readonly kind: 'range';
  readonly form: 'single' | 'between' | 'from' | 'to';
  readonly from?: string;
  readonly to?: string;
}

/** A person name; trailing delimiters are gone. Comparison is not case-sensitive (C.2.2.2.4). */
export type PersonNameMatch = {
  readonly kind: 'person-name';
  readonly hasWildcards: boolean;
} & (
  | { readonly anyGroup: string }
  | { readonly alphabetic?: string; readonly ideographic?: string; readonly phonetic?: string }
);

/** A fault of a value, in words that follow the parameter's name and never contain the value. */
export interface InvalidValue {
  readonly problem: string;
}

/** Most UIDs of one list. */
export const mostUids = 5_000;

type Reader = (value: string) => Match | InvalidValue;

/** How values of each VR are read; VRs that are missing here cannot be matched. */
const readers: Readonly<Partial<Record<Vr, Reader>>> = {
  UI: uidList,
  DA: (value) => range('DA', value),
  TM: (value) => range('TM', value),
  DT: (value) => range('DT', value),
  PN: personName,
  IS: integers,
  US: integers,
  UL: integers,
  SS: integers,
  SL: integers,
  AE: (value) => texts(value, '\\'),
  // A comma cannot occur in a CS value: there it separates values too.
  CS: (value) => texts(value, /[,\\]/),
  LO: (value) => texts(value, '\\'),
  SH: (value) => texts(value, '\\'),
  UC: (value) => texts(value, '\\'),
  LT: (value) => wildcardOr(value, [value]),
  ST: (value) => wildcardOr(value, [value]),
  UT: (value) => wildcardOr(value, [value]),
  UR: (value) => wildcardOr(value, [value]),
};

/**
 * Reads the value of a match parameter.
 *
 * @param vr VR of the attribute
 * @param text decoded value; empty means universal matching
 */
export function parseMatch(vr: Vr, text: string): Match | InvalidValue {
  const value = text.trim();
  if (value === '' || /^\*+$/.test(value)) return { kind: 'universal' };
  if (value.includes('\0')) return { problem: 'has a NUL character, which no value has' };
  const read = readers[vr];
  return read === undefined ? { problem: `cannot be matched: it is of VR ${vr}` } : read(value);
}

/**
 * Joins a range of dates with a range of times of the same form into one range of moments (PS3.4 C.2.2.2.5,
 * combined datetime matching).
 *
 * @returns undefined if the two do not combine; then each is matched on its own
 */
export function combineRanges(
  date: RangeMatch,
  time: RangeMatch,
): { from?: string; to?: string } | undefined {
  if (date.form !== time.form || date.form === 'single') return undefined;
  return {
    ...(date.from !== undefined && time.from !== undefined && { from: date.from + time.from }),
    ...(date.to !== undefined && time.to !== undefined && { to: date.to + time.to }),
  };
}

function uidList(value: string): Match | InvalidValue {
  const uids = value.split(/[,\\]/).map((uid) => uid.trim());
  if (uids.length > mostUids) return { problem: `names more than ${mostUids} UIDs` };
  if (!uids.every((uid) => uid.length <= 64 && /^[\x21-\x29\x2b-\x3e\x40-\x7e]+$/.test(uid))) {
    return {
      problem: 'is not a list of UIDs of 1 to 64 characters, separated by commas; UIDs have no wild cards',
    };
  }
  return { kind: 'uid-list', values: [...new Set(uids)] };
}

const examples = {
  DA: '20240131, 20240101-20240131, 20240101- or -20240131',
  TM: '1030, 1000-1159, 10- or -103000.5',
  DT: '20240131, 202401010800-202401311200, 2024- or -20240131103000+0500',
} as const;

function range(vr: 'DA' | 'TM' | 'DT', value: string): Match | InvalidValue {
  const found = parseDateTimeRange(vr, value);
  return found === undefined ? { problem: `is not like ${examples[vr]}` } : { kind: 'range', ...found };
}

function personName(value: string): Match | InvalidValue {
  const hasWildcards = /[*?]/.test(value);
  if (value.includes('\\')) return { problem: 'has several names; give one' };
  const groups = value.split('=').map((group) => group.trim().replace(/[\^ ]+$/, ''));
  if (groups.length > 3) return { problem: 'has more than three component groups' };
  const [first = '', second = '', third = ''] = groups;
  if (first === '' && second === '' && third === '') return { kind: 'universal' };
  if (groups.length === 1) return { kind: 'person-name', hasWildcards, anyGroup: first };
  return {
    kind: 'person-name',
    hasWildcards,
    ...(first !== '' && { alphabetic: first }),
    ...(second !== '' && { ideographic: second }),
    ...(third !== '' && { phonetic: third }),
  };
}

function integers(value: string): Match | InvalidValue {
  const values = value.split(/[,\\]/).map((item) => item.trim());
  if (!values.every((item) => /^[+ -]?\d{1,12}$/.test(item))) {
    return { problem: 'is not an integer; integers have no wild cards and no ranges' };
  }
  return { kind: 'exact', values: [...new Set(values.map((item) => String(Number(item))))] };
}

function texts(value: string, separator: string | RegExp): Match | InvalidValue {
  const values = value.split(separator).map((item) => item.trim());
  const given = values.filter((item) => item !== '');
  return given.length === 0 ? { kind: 'universal' } : wildcardOr(value, given);
}

function wildcardOr(value: string, values: readonly string[]): Match | InvalidValue {
  if (!/[*?]/.test(value)) return { kind: 'exact', values: [...new Set(values)] };
  const [pattern] = values;
  if (values.length !== 1 || pattern === undefined)
    return { problem: 'has wild cards and several values; give one' };
  return { kind: 'wildcard', pattern: pattern.replace(/\*+/g, '*') };
}
