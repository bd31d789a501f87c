/**
 * API keys: `sandyq_{id}_{secret}`, id and secret in lower-case base32 (RFC 4648 alphabet, no padding), secret of 256 random bits.
 *
 * Only the SHA-256 of the secret is stored. A slow hash (argon2, bcrypt) protects secrets that people choose; 256 random bits
 * can't be guessed from their hash, and a slow hash would cost every request of a scanner 50 ms.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Cryptographically secure random bytes, as `node:crypto`'s `randomBytes` gives them. */
export type RandomBytes = (length: number) => Uint8Array;

/** A key just made. `key` is shown once and kept nowhere. */
export interface NewApiKey {
  readonly key: string;
  readonly id: string;
  /** SHA-256 of the secret, 32 bytes: what is stored. */
  readonly secretHash: Uint8Array;
}

/** A key as it came with a request; well formed, not yet verified. */
export interface ParsedApiKey {
  readonly id: string;
  readonly secret: string;
}

const ID_BYTES = 10; // 16 characters
const SECRET_BYTES = 32; // 52 characters
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const FORM = /^sandyq_([a-z2-7]{16})_([a-z2-7]{52})$/;

/** Makes a key. */
export function newApiKey(random: RandomBytes = randomBytes): NewApiKey {
  const id = base32(random(ID_BYTES));
  const secret = base32(random(SECRET_BYTES));
  return { key: `sandyq_${id}_${secret}`, id, secretHash: hashSecret(secret) };
}

/** Takes a key apart; undefined if it has not the form of one. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}

/** Whether the secret is the one that was hashed; takes the same time for every wrong secret. */
export function verifyApiKey({ secret }: ParsedApiKey, secretHash: Uint8Array): boolean {
  const actual = hashSecret(secret);
  return secretHash.length === actual.length && timingSafeEqual(actual, secretHash);
}

function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((value >>> bits) & 31);
    }
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((value << (5 - bits)) & 31);
}
