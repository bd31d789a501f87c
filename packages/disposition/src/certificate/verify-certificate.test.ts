import { generateKeyPairSync, sign } from 'node:crypto';
import type { EndedWithObjects, Plan } from '@sandyq/database';
import { canonicalJson } from '@sandyq/storage';
import { describe, expect, it } from 'vitest';
import { certificateStatement } from './certificate-statement.ts';
import { certificateFile } from './issue-certificates.ts';
import { publicKeyOf, verifyCertificate } from './verify-certificate.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const der = publicKey.export({ type: 'spki', format: 'der' });
const other = generateKeyPairSync('ed25519').publicKey;
const at = new Date('2026-02-28T23:30:00.000Z');

const plan: Plan = {
  planId: '0199aaaa-0000-7000-8000-000000000001',
  kind: 'schedule',
  schedule: 'kz-2025-draft',
  scheduleVersion: 2,
  sha256: Buffer.alloc(32, 1),
  studies: 1,
  instances: 2,
  bytes: 3_000,
  createdBy: 'aigul',
  createdAt: at,
  expiresAt: at,
  state: 'approved',
  approvedBy: 'bolat',
  approvedAt: at,
  withdrawnBy: undefined,
  withdrawnAt: undefined,
};

function ended(number: number): EndedWithObjects {
  return {
    dispositionId: `0199aaaa-0000-7000-8000-00000000000${number}`,
    studyInstanceUid: `2.25.${number}`,
    facility: 'north',
    isWholeStudy: number === 1,
    rejectionId: '0199aaaa-0000-7000-8000-00000000000f',
    planId: plan.planId,
    planSha256: plan.sha256,
    schedule: plan.schedule,
    scheduleVersion: plan.scheduleVersion,
    rule: 'adult',
    reasonCode: '113039',
    contentSha256: Buffer.alloc(32, number),
    instances: number,
    bytes: 1_000 * number,
    plannedBy: 'aigul',
    approvedBy: 'bolat',
    executedBy: 'system',
    begunAt: at,
    endedAt: at,
    objects: 1,
  };
}

function statementOf(backupDays: number | undefined) {
  return certificateStatement({
    certificateId: '0199aaaa-0000-7000-8000-00000000000a',
    people: { aigul: 'Aigül S.' },
    issuedAt: at,
    issuedBy: 'system',
    plan,
    ended: [ended(1), ended(2)],
    hasReplica: true,
    backupDays,
    publicKey: der,
  });
}

function fileOf(statement: string): string {
  const signature = sign(null, Buffer.from(statement), privateKey);
  const certificate = { certificateId: '', planId: '', issuedBy: '', issuedAt: at };
  return certificateFile({ ...certificate, statement, signature, publicKey: der });
}

const text = canonicalJson(statementOf(35));

describe('a certificate', () => {
  it('says what went, by which rule, who approved it, and when backups expire', () => {
    const { statement, isTrustedKey } = verifyCertificate(fileOf(text), publicKeyOf(der));
    expect(isTrustedKey).toBe(true);
    expect(statement).toMatchObject({
      plan: { plannedBy: 'aigul', approvedBy: 'bolat', sha256: '01'.repeat(32) },
      people: { aigul: 'Aigül S.' },
      studies: [
        { studyInstanceUid: '2.25.1', rule: 'adult', isWholeStudy: true, contentSha256: '01'.repeat(32) },
        { studyInstanceUid: '2.25.2', reasonCode: '113039', isWholeStudy: false },
      ],
      totals: { studies: 2, instances: 3, bytes: 3_000, objects: 2 },
      replica: 'deleted',
      backupsExpireOn: '2026-04-04',
    });
    expect(statementOf(undefined)).not.toHaveProperty('backupsExpireOn');
  });

  it('is wrong if any byte of it is', () => {
    const file = fileOf(text);
    const members = JSON.parse(file) as Record<string, string>;
    const wrong: string[] = [];
    for (let index = 0; index < text.length; index += 7) {
      const changed = text[index] === '1' ? '2' : '1';
      wrong.push(text.slice(0, index) + changed + text.slice(index + 1));
    }
    for (const statement of wrong)
      expect(() => verifyCertificate(JSON.stringify({ ...members, statement }))).toThrow(
        'signature is wrong',
      );
    const signature = Buffer.alloc(64).toString('base64');
    expect(() => verifyCertificate(JSON.stringify({ ...members, signature }))).toThrow('signature is wrong');
  });

  it('is told from one that somebody else has signed, and from other things that the key has signed', () => {
    const pem = Buffer.from(other.export({ type: 'spki', format: 'pem' }));
    expect(verifyCertificate(fileOf(text), publicKeyOf(pem)).isTrustedKey).toBe(false);
    expect(verifyCertificate(fileOf(text)).isTrustedKey).toBeUndefined();
    expect(() => verifyCertificate(fileOf('{"type":"something else"}'))).toThrow(
      'no disposition certificate',
    );
    expect(() => verifyCertificate(fileOf(text.replace('"version":1', '"version":2')))).toThrow('version');
    expect(() => verifyCertificate(fileOf(text.replace('{', '{ ')))).toThrow('canonical');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const foreign = rsa.export({ type: 'spki', format: 'der' });
    expect(() => publicKeyOf(foreign)).toThrow('no Ed25519 key');
  });

  it.each(['', '[]', '{}', '{"statement":1}', '{"statement":"x","signature":"","publicKey":""}'])(
    'is not %j',
    (file) => {
      expect(() => verifyCertificate(file)).toThrow('no valid certificate');
    },
  );
});
