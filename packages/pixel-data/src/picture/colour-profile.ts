/** ICC profiles in and on pictures (PS3.18 §8.3.5.1.5): of the data set, or of a named space. */
import { crc32, deflateSync } from 'node:zlib';

/** Largest profile of a data set that is used. */
const LARGEST_PROFILE_BYTES = 4 * 1024 * 1024;
const SMALLEST_PROFILE_BYTES = 132;

/** Whether bytes look like a profile for pixels of so many channels (ICC.1 §7.2): hostile ones don't get to the library. */
export function isUsableProfile(profile: Uint8Array, channels: 1 | 3): boolean {
  if (profile.length < SMALLEST_PROFILE_BYTES || profile.length > LARGEST_PROFILE_BYTES) return false;
  const bytes = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
  const space = channels === 3 ? 'RGB ' : 'GRAY';
  return (
    bytes.readUInt32BE(0) <= bytes.length &&
    bytes.toString('latin1', 36, 40) === 'acsp' &&
    bytes.toString('latin1', 16, 20) === space
  );
}

const SIGNATURE_BYTES = 8;
/** Signature, then IHDR: length, name, 13 bytes, CRC. */
const AFTER_HEADER = SIGNATURE_BYTES + 4 + 4 + 13 + 4;

/** A PNG with the profile in it (PNG §11.3.3.3); it must have none yet. */
export function pngWithProfile(png: Buffer, profile: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from('iCCPicc\0\0', 'latin1'), deflateSync(profile)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length - 4);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, AFTER_HEADER), length, body, check, png.subarray(AFTER_HEADER)]);
}
