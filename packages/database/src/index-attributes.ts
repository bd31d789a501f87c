/** Typed columns from the DICOM JSON model: what search matches. Absent and unusable values become null, never invented. */
import {
  type DicomJson,
  formatPersonName,
  nameReadings,
  nameSounds,
  parsePersonName,
  personNameKey,
  type Tag,
  Tags,
  tagToHex,
} from '@sandyq/dicom';

/** First value as text, without trailing spaces; null when absent, empty, or longer than `maxLength` characters. */
export function textOf(json: DicomJson, tag: Tag, maxLength = 1024): string | null {
  const value = json[tagToHex(tag)]?.Value?.[0];
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).replaceAll('\u0000', '').trim();
  return text === '' || text.length > maxLength ? null : text;
}

/** First value as an integer; null when it is none or outside of 64-bit safe range. */
export function integerOf(json: DicomJson, tag: Tag): number | null {
  const value = json[tagToHex(tag)]?.Value?.[0];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

/** As `integerOf`, for 32-bit columns. */
export function smallIntegerOf(json: DicomJson, tag: Tag): number | null {
  const number = integerOf(json, tag);
  return number !== null && Math.abs(number) < 2 ** 31 ? number : null;
}

/** DA (PS3.5 §6.2) as `YYYY-MM-DD`; null unless it is a day of the calendar. */
export function dateOf(json: DicomJson, tag: Tag): string | null {
  const text = textOf(json, tag);
  const match = text === null ? null : /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})$/.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = ''] = match;
  const iso = `${year}-${month}-${day}`;
  const date = new Date(`${iso}T00:00:00Z`);
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) && year !== '0000';
  return exists ? iso : null;
}

/** TM (PS3.5 §6.2) as `HHMMSS.FFFFFF`, absent parts zero, so that text order is time order. */
export function timeOf(json: DicomJson, tag: Tag): string | null {
  const match = /^(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?$/.exec(textOf(json, tag) ?? '');
  if (match === null) return null;
  const [, hour = '', minute = '00', second = '00', fraction = ''] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  return `${hour}${minute}${second}.${fraction.padEnd(6, '0')}`;
}

/** By what else a name is found, derived from the name as it stands in its column. */
export interface NameKeys {
  /** In other scripts (nameReadings); null where no rule reads it. */
  readonly readings: string | null;
  /** By its sound (nameSounds); null where no rule reads it. */
  readonly sounds: readonly string[] | null;
}

/** A person's name as sent (component groups joined by `=`) and its search keys, one a group. */
export interface NameColumns extends NameKeys {
  readonly name: string | null;
  readonly key: string | null;
  readonly ideographicKey: string | null;
  readonly phoneticKey: string | null;
}

export function nameOf(json: DicomJson, tag: Tag): NameColumns {
  const value: unknown = json[tagToHex(tag)]?.Value?.[0];
  const group = (key: string) => {
    const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
    return typeof text === 'string' ? text.replaceAll('\u0000', '').slice(0, 512) : '';
  };
  const name = formatPersonName(
    parsePersonName([group('Alphabetic'), group('Ideographic'), group('Phonetic')].join('=')),
  );
  return {
    name: name === '' ? null : name,
    key: personNameKey(group('Alphabetic')) || null,
    ideographicKey: personNameKey(group('Ideographic')) || null,
    phoneticKey: personNameKey(group('Phonetic')) || null,
    ...nameKeysOf(name),
  };
}

/** Keys of a stored name: the same at ingest, at a rebuild and for studies of before (name-keys.ts). */
export function nameKeysOf(name: string | null): NameKeys {
  const sounds = name === null ? [] : nameSounds(name);
  return { readings: nameReadings(name ?? '') ?? null, sounds: sounds.length === 0 ? null : sounds };
}

/** The items of a sequence, each a data set in JSON. */
export function itemsOf(json: DicomJson, tag: Tag): DicomJson[] {
  const value: unknown = json[tagToHex(tag)]?.Value;
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is DicomJson => typeof item === 'object' && item !== null);
}

/** Rows of `series_request`: Request Attributes Sequence (0040,0275). */
export function requestsOf(json: DicomJson) {
  return itemsOf(json, Tags.RequestAttributesSequence)
    .slice(0, 100)
    .map((item) => ({
      requestedProcedureId: textOf(item, Tags.RequestedProcedureID, 64),
      scheduledProcedureStepId: textOf(item, Tags.ScheduledProcedureStepID, 64),
      accessionNumber: textOf(item, Tags.AccessionNumber, 64),
    }));
}

/** The elements of `json` with these tags, for the stored answer of a level. NUL cannot stand in jsonb. */
export function pick(json: DicomJson, tags: readonly Tag[]): string {
  const picked: DicomJson = {};
  for (const tag of tags) {
    const key = tagToHex(tag);
    const element = json[key];
    if (element !== undefined) picked[key] = element;
  }
  return JSON.stringify(picked).replaceAll('\\u0000', '');
}
