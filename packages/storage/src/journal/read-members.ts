// Forms that members of several kinds of facts have.
import { StorageError } from '../errors.ts';
import type { JsonReader } from '../segment/json-reader.ts';

/** A time in UTC, to the millisecond. */
export const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** SHA-256 in hex. */
export const sha256Pattern = /^[0-9a-f]{64}$/;
/** UUID in lower case. */
export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A string that is not empty. */
export const notEmpty = /./s;

/** A member that is a string, and not empty. */
export function text(json: JsonReader, name: string): string {
  return json.field(name).text(notEmpty);
}

/** A string that may be absent. */
export function optionalText(json: JsonReader, name: string): string | undefined {
  return json.field(name).optional((value) => value.text());
}

/** A whole number from 1. */
export function readOrdinal(json: JsonReader): number {
  const value = json.count();
  if (value >= 1) return value;
  throw new StorageError('damaged', 'a number that counts from 1 is 0');
}

/** An array of at most `maximum` elements. */
export function readList<Element>(
  json: JsonReader,
  maximum: number,
  read: (element: JsonReader) => Element,
): Element[] {
  const list = json.list(read);
  if (list.length <= maximum) return list;
  throw new StorageError('damaged', `a list of ${list.length} is longer than ${maximum}`);
}
