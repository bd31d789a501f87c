/** Big-endian numbers of a code stream's markers; reading past the end is a truncated code stream. */
import { CodecError } from '../codec-errors.ts';

/** The byte at the offset. @throws CodecError 'truncated-codestream' */
export function byteAt(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw endsIn('a marker segment');
  return byte;
}

/** The 16-bit number at the offset. @throws CodecError 'truncated-codestream' */
export function uint16At(bytes: Uint8Array, offset: number): number {
  return byteAt(bytes, offset) * 0x100 + byteAt(bytes, offset + 1);
}

/** The 32-bit number at the offset. @throws CodecError 'truncated-codestream' */
export function uint32At(bytes: Uint8Array, offset: number): number {
  return uint16At(bytes, offset) * 0x10000 + uint16At(bytes, offset + 2);
}

/** The error for a code stream that ends where something else was to come. */
export function endsIn(what: string): CodecError {
  return new CodecError('truncated-codestream', `the code stream ends in ${what}`);
}

/** The error for a code stream that breaks its standard. */
export function malformed(what: string): CodecError {
  return new CodecError('malformed-codestream', what);
}
