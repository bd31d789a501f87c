/** The key that certificates are signed with: Ed25519 (RFC 8032), a PEM file of PKCS #8. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DispositionError } from '../errors.ts';

/** Where the key is. */
export interface SigningKeyPlace {
  /** Absolute path. */
  readonly file: string;
  /** The archive keeps its own: it makes one where there is none. */
  readonly mayBeMade: boolean;
}

/** The key, opened. */
export interface SigningKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** 64 bytes over the UTF-8 of the text. */
  sign(text: string): Buffer;
}

/** Opens the key, or makes it. Throws DispositionError('bad-input') where there is none, or none of this kind. */
export async function openSigningKey(place: SigningKeyPlace): Promise<SigningKey> {
  const pem = (await readIfThere(place.file)) ?? (await makeKey(place));
  const privateKey = parseKey(pem, place.file);
  return {
    publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey),
  };
}

function parseKey(pem: string, file: string): KeyObject {
  const key = readKey(pem);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new DispositionError('bad-input', `${file} is no private Ed25519 key in PEM.`);
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    // Of OpenSSL: it is no key. It may not be told, for it may quote the file.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whole and durable under its name before it is used, by whoever comes first. */
async function makeKey({ file, mayBeMade }: SigningKeyPlace): Promise<string> {
  if (!mayBeMade)
    throw new DispositionError(
      'bad-input',
      `There is no signing key at ${file}: name one by SANDYQ_SIGNING_KEY, e.g. made by ` +
        '"openssl genpkey -algorithm ed25519 -out signing-key.pem".',
    );
  const { privateKey } = generateKeyPairSync('ed25519');
  const unfinished = `${file}.${randomUUID()}`;
  await writeDurably(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  try {
    await link(unfinished, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(unfinished);
  }
  await syncDirectory(dirname(file));
  return readFile(file, 'utf8');
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
