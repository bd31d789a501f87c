/** Reads CSV (RFC 4180) row by row: quoted fields, a header line, CRLF or LF. Bounded by its longest row. */
import { DispositionError } from '../errors.ts';

/** A row by the names of its header. */
export interface CsvRow {
  /** Of its first line, from 1. */
  readonly lineNumber: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** Longest row in characters. */
const longestRow = 10_000;

/**
 * The rows after the header, which must name these columns, in any order and among others. Blank lines are left out. Throws
 * DispositionError('bad-input') with the number of the line.
 */
export async function* csvRows(
  text: AsyncIterable<string>,
  columns: readonly string[],
): AsyncGenerator<CsvRow, void, undefined> {
  let header: readonly string[] | undefined;
  for await (const { lineNumber, fields } of records(text)) {
    if (header === undefined) {
      header = fields.map((field) => field.trim().toLowerCase());
      assertHeader(header, columns);
    } else if (fields.length !== header.length) {
      throw wrong(lineNumber, `has ${fields.length} fields, and the header ${header.length}`);
    } else {
      const names = header;
      yield { lineNumber, cells: Object.fromEntries(fields.map((field, at) => [names[at] ?? '', field])) };
    }
  }
  if (header === undefined) throw wrong(1, `must be a header with ${columns.join(', ')}`);
}

function assertHeader(header: readonly string[], columns: readonly string[]): void {
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length === 0) return;
  const hint = header.length === 1 && columns.length > 1 ? ', separated by commas' : '';
  throw wrong(1, `must name the column ${missing.join(', ')}${hint}`);
}

interface CsvRecord {
  readonly lineNumber: number;
  readonly fields: readonly string[];
}

/** Lines, joined where a quoted field goes over several. */
async function* records(text: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  let pending = '';
  let firstLine = 0;
  let lineNumber = 0;
  for await (const line of lines(text)) {
    lineNumber += 1;
    if (pending === '') firstLine = lineNumber;
    pending = pending === '' ? line : `${pending}\n${line}`;
    if (pending.length > longestRow) throw wrong(firstLine, `is longer than ${longestRow} characters`);
    if (hasOpenQuote(pending)) continue;
    if (pending.trim() !== '') yield { lineNumber: firstLine, fields: fieldsOf(pending, firstLine) };
    pending = '';
  }
  if (pending !== '') throw wrong(firstLine, 'has a quote that is not closed');
}

/** Without their ends; the byte order mark is no part of the first. */
async function* lines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let isFirst = true;
  for await (const piece of text) {
    rest += isFirst ? piece.replace(/^\uFEFF/, '') : piece;
    isFirst = false;
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    if (rest.length > longestRow) throw new DispositionError('bad-input', 'A line of the file is too long.');
    for (const line of whole) yield line.replace(/\r$/, '');
  }
  if (rest !== '') yield rest;
}

function hasOpenQuote(text: string): boolean {
  return (text.split('"').length - 1) % 2 === 1;
}

function fieldsOf(row: string, lineNumber: number): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let at = 0; at <= row.length; ) {
    field.lastIndex = at;
    const found = field.exec(row);
    if (found === null) throw wrong(lineNumber, 'has a quote within a field');
    const [whole, quoted, plain = '', end] = found;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (end === '') break;
  }
  return fields;
}

function wrong(lineNumber: number, what: string): DispositionError {
  return new DispositionError('bad-input', `Line ${lineNumber} of the file ${what}.`);
}
