// Where everything lies in a segment, from names and lengths alone. Writer, parser and verifier all ask here.
import { closingNames } from './entry-name.ts';
import { tarBlockBytes, tarEndBytes, tarHeaderBytes, tarPadding } from './tar-header.ts';
import { trailerBytes } from './trailer.ts';

/** Place of one entry in bytes from the start of the segment. */
export interface EntryPlace {
  /** Start of its tar header. */
  readonly start: number;
  /** Start of its data. */
  readonly offset: number;
  /** End of its padding: where the next entry starts. */
  readonly end: number;
}

/** Place of the entry `name` of `length` bytes whose tar header begins at `start`. */
export function placeEntry(start: number, name: string, length: number): EntryPlace {
  const offset = start + tarHeaderBytes(name);
  return { start, offset, end: offset + length + tarPadding(length) };
}

/** Size of a segment whose receipt begins at `receiptOffset` (its data) and has `receiptLength` bytes. */
export function segmentSize(receiptOffset: number, receiptLength: number): number {
  const trailerStart = receiptOffset + receiptLength + tarPadding(receiptLength);
  return placeEntry(trailerStart, closingNames.trailer, trailerBytes).end + tarEndBytes;
}

/** Size of the smallest object that could be a segment: no entries, an empty receipt. */
export const smallestSegmentBytes = 3 * tarBlockBytes + tarEndBytes;
