// Keys of segments. They carry no UID and no patient data, spread evenly over prefixes, keep a study together, and
// vouch for the receipt, which vouches for every byte.
import { hash } from 'node:crypto';
import { StorageError } from '../errors.ts';

/** The parts of a segment's key. */
export interface SegmentKey {
  /** First 32 hex digits of SHA-256(StudyInstanceUID). */
  readonly studyHash: string;
  /** UUID version 7 (RFC 9562), new for every attempt. */
  readonly segmentId: string;
  /** First 16 hex digits of the SHA-256 of the receipt. */
  readonly receiptHash: string;
}

const uuidV7 = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const keyPattern = new RegExp(`^v1/([0-9a-f]{2})/(\\1[0-9a-f]{30})/(${uuidV7})-([0-9a-f]{16})\\.tar$`);

/** Form of a segment id: a lower-case UUID of version 7. */
export const segmentIdPattern = new RegExp(`^${uuidV7}$`);

/** `v1/{2 hex}/{32 hex}/{segment id}-{16 hex}.tar`, where the 2 hex digits are the first of the 32. */
export function buildSegmentKey(studyInstanceUid: string, segmentId: string, receiptSha256: string): string {
  const study = hashStudy(studyInstanceUid);
  const key = `v1/${study.slice(0, 2)}/${study}/${segmentId}-${receiptSha256.slice(0, 16)}.tar`;
  parseSegmentKey(key);
  return key;
}

/** Every segment of the study, and no other object, has a key with this prefix. */
export function studyKeyPrefix(studyInstanceUid: string): string {
  const study = hashStudy(studyInstanceUid);
  return `v1/${study.slice(0, 2)}/${study}/`;
}

/** Reads a key back. Errors: `invalid-key`; `unsupported-format` for a key of another format version. */
export function parseSegmentKey(key: string): SegmentKey {
  if (/^v(?!1\/)\d+\//.test(key)) {
    throw new StorageError('unsupported-format', `${key} is a segment of another format version than 1`);
  }
  const [, , studyHash, segmentId, receiptHash] = keyPattern.exec(key) ?? [];
  if (studyHash === undefined || segmentId === undefined || receiptHash === undefined) {
    throw new StorageError('invalid-key', `${key} is not the key of a segment of format version 1`);
  }
  return { studyHash, segmentId, receiptHash };
}

/** First 32 hex digits of SHA-256 of the UID's UTF-8. */
export function hashStudy(studyInstanceUid: string): string {
  return hash('sha256', studyInstanceUid, 'hex').slice(0, 32);
}
