/** Media types of RFC 9110 §8.3.1 as DICOMweb uses them (PS3.18 §8.7.3.5): parsing and writing, no negotiation. */

/** A media type or media range; type, subtype and parameter names are in lower case. */
export interface MediaType {
  readonly type: string;
  readonly subtype: string;
  /** Values are unquoted and keep their case. Of a repeated parameter the first one counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quotedString = /"((?:[^"\\]|\\.)*)"/y;
const listValue = /[^\s;,"][^\s;,]*/y;
const singleValue = /[^;"][^;]*/y;
const space = /[ \t]*/y;

/**
 * Reads one media type, as in Content-Type. Unquoted values that RFC 9110 wants quoted (`type=application/dicom`)
 * are accepted.
 *
 * @returns undefined if the text is not a media type.
 */
export function parseMediaType(text: string): MediaType | undefined {
  const scanner = { text, position: 0 };
  const mediaType = readMediaType(scanner, singleValue);
  skip(scanner, space);
  return scanner.position === text.length ? mediaType : undefined;
}

/**
 * Reads a comma-separated list of media types or ranges, as in Accept. Empty elements are skipped.
 *
 * @returns undefined if any element is not a media type.
 */
export function parseMediaTypeList(text: string): MediaType[] | undefined {
  const scanner = { text, position: 0 };
  const list: MediaType[] = [];
  while (true) {
    skip(scanner, /[ \t,]*/y);
    if (scanner.position === text.length) return list;
    const mediaType = readMediaType(scanner, listValue);
    skip(scanner, space);
    if (mediaType === undefined) return undefined;
    if (scanner.position < text.length && text[scanner.position] !== ',') return undefined;
    list.push(mediaType);
  }
}

/** The elements of a comma-separated list that are media types or ranges; what is none is passed over. */
export function readMediaTypeList(text: string): MediaType[] {
  return (text.match(listElement) ?? []).flatMap((element) => parseMediaTypeList(element) ?? []);
}

/** Up to a comma that does not stand in quotes. */
const listElement = /(?:[^,"]|"(?:[^"\\]|\\.)*"|")+/g;

/** 'type/subtype', without parameters. */
export function essenceOf(mediaType: MediaType): string {
  return `${mediaType.type}/${mediaType.subtype}`;
}

/** Writes a media type; parameter values that are not tokens are quoted. */
export function formatMediaType(
  essence: string,
  parameters: Iterable<readonly [string, string]> = [],
): string {
  let text = essence;
  for (const [name, value] of parameters) {
    const quoted = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)
      ? value
      : `"${value.replace(/["\\]/g, '\\$&')}"`;
    text += `; ${name}=${quoted}`;
  }
  return text;
}

interface Scanner {
  readonly text: string;
  position: number;
}

function readMediaType(scanner: Scanner, unquoted: RegExp): MediaType | undefined {
  const type = take(scanner, token)?.toLowerCase();
  if (type === undefined) return undefined;
  // A lone "*" is what old Java clients send for "*/*".
  if (type === '*' && scanner.text[scanner.position] !== '/')
    return withParameters(scanner, '*', '*', unquoted);
  if (scanner.text[scanner.position] !== '/') return undefined;
  scanner.position += 1;
  const subtype = take(scanner, token)?.toLowerCase();
  return subtype === undefined ? undefined : withParameters(scanner, type, subtype, unquoted);
}

function withParameters(
  scanner: Scanner,
  type: string,
  subtype: string,
  unquoted: RegExp,
): MediaType | undefined {
  const parameters = new Map<string, string>();
  while (true) {
    skip(scanner, space);
    if (scanner.text[scanner.position] !== ';') return { type, subtype, parameters };
    scanner.position += 1;
    skip(scanner, space);
    const name = take(scanner, token)?.toLowerCase();
    if (name === undefined) continue;
    skip(scanner, space);
    if (scanner.text[scanner.position] !== '=') return undefined;
    scanner.position += 1;
    skip(scanner, space);
    const value = readValue(scanner, unquoted);
    if (value === undefined) return undefined;
    if (!parameters.has(name)) parameters.set(name, value);
  }
}

function readValue(scanner: Scanner, unquoted: RegExp): string | undefined {
  if (scanner.text[scanner.position] !== '"') return take(scanner, unquoted)?.trimEnd();
  quotedString.lastIndex = scanner.position;
  const match = quotedString.exec(scanner.text);
  if (match === null) return undefined;
  scanner.position = quotedString.lastIndex;
  return (match[1] ?? '').replace(/\\(.)/g, '$1');
}

function take(scanner: Scanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = scanner.position;
  const match = pattern.exec(scanner.text);
  if (match === null) return undefined;
  scanner.position = pattern.lastIndex;
  return match[0];
}

function skip(scanner: Scanner, pattern: RegExp): void {
  take(scanner, pattern);
}
