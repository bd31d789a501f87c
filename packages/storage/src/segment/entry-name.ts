// Names of the entries of a segment. They serve people with `tar -x`; the archive goes by the receipt.
import { StorageError } from '../errors.ts';

/** What an entry holds: a Part 10 file, or one received part of a store by metadata and bulk data. */
export type EntryRole = 'part10' | 'received';

/** Names of the three entries that close every segment, in this order. */
export const closingNames = { metadata: 'metadata', receipt: 'receipt.json', trailer: 'trailer' } as const;

const suffixes = { part10: 'dcm', received: 'part' } as const satisfies Record<EntryRole, string>;

/**
 * `{ordinal}-{SOPInstanceUID}.dcm`, or `.part` for the role `received`; ordinals count from 1. Bytes of the UID's
 * UTF-8 other than letters, digits, `.`, `-` and `_` become `%` and two upper-case hex digits, so that the name is
 * harmless in a shell and in a file system, and two UIDs never share one. Errors: `invalid-argument`.
 */
export function entryName(ordinal: number, sopInstanceUid: string, role: EntryRole): string {
  if (!Number.isSafeInteger(ordinal) || ordinal < 1) {
    throw new StorageError('invalid-argument', `an entry's ordinal counts from 1: ${ordinal}`);
  }
  if (sopInstanceUid === '' || !sopInstanceUid.isWellFormed()) {
    throw new StorageError(
      'invalid-argument',
      `entry ${ordinal}: the SOP Instance UID is empty or not Unicode`,
    );
  }
  return `${ordinal}-${percentEncode(sopInstanceUid)}.${suffixes[role]}`;
}

function percentEncode(uid: string): string {
  if (/^[0-9.]{1,64}$/.test(uid)) return uid;
  let encoded = '';
  for (const byte of Buffer.from(uid, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /[0-9A-Za-z._-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
