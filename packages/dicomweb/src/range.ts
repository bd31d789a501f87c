/** Byte range requests (RFC 9110 §14): one range; lists of ranges are answered with the whole, as §14.2 allows. */
import { DicomwebError } from './errors.ts';

/** A range of bytes: [offset, offset + length). */
export interface RequestedRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads a Range header for a representation of a known length.
 *
 * @param totalLength length of the whole representation in bytes
 * @returns undefined if the whole is to be sent: no header, another unit, several ranges, or not a range
 * @throws DicomwebError range-not-satisfiable if no byte of the range exists (answer 416 with unsatisfiedRange)
 */
export function parseRange(header: string | undefined, totalLength: number): RequestedRange | undefined {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const offset = first === '' ? Math.max(0, totalLength - Number(last)) : Number(first);
  const end = first === '' || last === '' ? totalLength : Math.min(Number(last) + 1, totalLength);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (offset >= totalLength || (first === '' && Number(last) === 0)) {
    throw new DicomwebError(
      'range-not-satisfiable',
      `the range lies outside of the ${totalLength} bytes there are`,
      {
        parameter: 'Range',
      },
    );
  }
  return { offset, length: end - offset };
}

/** Content-Range of a 206 answer. */
export function contentRange({ offset, length }: RequestedRange, totalLength: number): string {
  return `bytes ${offset}-${offset + length - 1}/${totalLength}`;
}

/** Content-Range of a 416 answer. */
export function unsatisfiedRange(totalLength: number): string {
  return `bytes */${totalLength}`;
}
