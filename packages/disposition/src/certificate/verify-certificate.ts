/** Verifies a certificate file: by its signature alone, and against a key that is trusted. Pure; needs no archive. */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '@sandyq/storage';
import { DispositionError } from '../errors.ts';
import { type CertificateStatement, statementType } from './certificate-statement.ts';

/** What is to be said of a certificate. */
export interface VerifiedCertificate {
  /** As it was signed. */
  readonly text: string;
  readonly statement: CertificateStatement;
  /** SHA-256 of the public key that it carries, in hex. */
  readonly keySha256: string;
  /** Whether that is the key that was asked for; undefined: none was, and anybody may have made it. */
  readonly isTrustedKey: boolean | undefined;
}

/**
 * Reads a certificate file and verifies its signature. Throws DispositionError('bad-input') for anything that is no
 * certificate, and for one whose signature or statement is wrong.
 */
export function verifyCertificate(file: string, trustedKey?: Buffer): VerifiedCertificate {
  const { text, signature, publicKey } = readFile(file);
  const key = readPublicKey(publicKey);
  if (!verify(null, Buffer.from(text, 'utf8'), key, signature)) throw wrong('its signature is wrong');
  const keySha256 = hash('sha256', publicKey, 'hex');
  const statement = readStatement(text);
  if (statement.keySha256 !== keySha256) throw wrong('it names another key than it carries');
  return { text, statement, keySha256, isTrustedKey: trustedKey && trustedKey.equals(publicKey) };
}

/** A public key in PEM or DER, as SubjectPublicKeyInfo (DER). Throws DispositionError('bad-input'). */
export function publicKeyOf(bytes: Buffer): Buffer {
  const isPem = bytes.toString('latin1').includes('-----BEGIN PUBLIC KEY-----');
  const key = isPem ? parsed(() => createPublicKey(bytes)) : readPublicKey(bytes);
  if (key?.asymmetricKeyType === 'ed25519') return key.export({ type: 'spki', format: 'der' });
  throw wrong('the key is no Ed25519 key');
}

function readFile(file: string): { text: string; signature: Buffer; publicKey: Buffer } {
  const json = parsed(() => JSON.parse(file) as unknown);
  const member = (name: string): string => {
    const value: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
    if (typeof value === 'string') return value;
    throw wrong(`it has no ${name}`);
  };
  return {
    text: member('statement'),
    signature: Buffer.from(member('signature'), 'base64'),
    publicKey: Buffer.from(member('publicKey'), 'base64'),
  };
}

function readPublicKey(der: Buffer): KeyObject {
  const key = parsed(() => createPublicKey({ key: der, format: 'der', type: 'spki' }));
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw wrong('its key is no Ed25519 key');
}

/** What is signed is what was issued: only a statement in its one form is. */
function readStatement(text: string): CertificateStatement {
  const statement = parsed(() => JSON.parse(text) as unknown);
  const isStatement =
    typeof statement === 'object' && statement !== null && Reflect.get(statement, 'type') === statementType;
  if (!isStatement) throw wrong('it is no disposition certificate');
  if (Reflect.get(statement, 'version') !== 1) throw wrong('its version is not known to this program');
  if (parsed(() => canonicalJson(statement)) !== text)
    throw wrong('its statement is not in its canonical form');
  return statement as CertificateStatement;
}

function parsed<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function wrong(why: string): DispositionError {
  return new DispositionError('bad-input', `This is no valid certificate: ${why}.`);
}
