// The last entry of a segment: 512 bytes at a fixed distance from the end of the object, in every format version.
import { StorageError } from '../errors.ts';
import { tarBlockBytes, tarEndBytes } from './tar-header.ts';

/** Version of the segment format that this program writes; it reads no other. */
export const segmentFormatVersion = 1;

/** The trailer's text is shorter than a tar block; its entry's size is this. */
export const trailerBytes = 179;

/** Bytes from the start of the trailer's text to the end of the object. */
export const trailerDistanceBytes = tarBlockBytes + tarEndBytes;

/** Where the receipt is. Offset and length in bytes, `sha256` as 64 lower-case hex digits. */
export interface Trailer {
  readonly receiptOffset: number;
  readonly receiptLength: number;
  readonly receiptSha256: string;
}

const firstLine = 'sandyq segment trailer\n';
const pattern =
  /^sandyq segment trailer\nformat 0001\nreceipt-offset (\d{16})\nreceipt-length (\d{16})\nreceipt-sha256 ([0-9a-f]{64})\n$/;

/** The {@link trailerBytes} bytes of the entry. */
export function encodeTrailer({ receiptOffset, receiptLength, receiptSha256 }: Trailer): Buffer {
  const text = [
    `${firstLine}format ${String(segmentFormatVersion).padStart(4, '0')}`,
    `receipt-offset ${String(receiptOffset).padStart(16, '0')}`,
    `receipt-length ${String(receiptLength).padStart(16, '0')}`,
    `receipt-sha256 ${receiptSha256}\n`,
  ].join('\n');
  if (text.length !== trailerBytes || !pattern.test(text)) {
    throw new StorageError(
      'invalid-argument',
      'the trailer of a segment needs an offset, a length and a SHA-256',
    );
  }
  return Buffer.from(text, 'latin1');
}

/**
 * Reads a trailer from the {@link trailerDistanceBytes} last bytes of an object, which must be the trailer's block
 * and nothing but zeros after it. `name` is for messages. Errors: `damaged`; `unsupported-format` for another version.
 */
export function parseTrailer(tail: Buffer, name: string): Trailer {
  if (tail.length !== trailerDistanceBytes) throw damagedTrailer(name);
  const text = tail.toString('latin1', 0, trailerBytes);
  const version = /^sandyq segment trailer\nformat (\d{4})\n/.exec(text)?.[1];
  if (version !== undefined && Number(version) !== segmentFormatVersion) {
    throw new StorageError(
      'unsupported-format',
      `${name} is a segment of format version ${Number(version)}; this program reads version ${segmentFormatVersion}`,
    );
  }
  const [, offset, length, receiptSha256] = pattern.exec(text) ?? [];
  if (offset === undefined || length === undefined || receiptSha256 === undefined) throw damagedTrailer(name);
  if (tail.subarray(trailerBytes).some((byte) => byte !== 0)) throw damagedTrailer(name);
  const trailer = { receiptOffset: Number(offset), receiptLength: Number(length), receiptSha256 };
  if (!Number.isSafeInteger(trailer.receiptOffset) || !Number.isSafeInteger(trailer.receiptLength)) {
    throw damagedTrailer(name);
  }
  return trailer;
}

function damagedTrailer(name: string): StorageError {
  return new StorageError('damaged', `${name} does not end with the trailer of a segment`);
}
