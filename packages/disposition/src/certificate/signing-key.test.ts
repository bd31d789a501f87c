import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSigningKey } from './signing-key.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function newFile(): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-key-'));
  folders.push(folder);
  return { folder, file: join(folder, 'key.pem') };
}

describe('openSigningKey', () => {
  it('makes one key, whoever asks at the same time, that nobody else can read', async () => {
    const { folder, file } = await newFile();
    const keys = await Promise.all(
      Array.from({ length: 4 }, () => openSigningKey({ file, mayBeMade: true })),
    );
    expect(new Set(keys.map(({ publicKey }) => publicKey.toString('hex'))).size).toBe(1);
    expect(keys[0]?.sign('a')).toHaveLength(64);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['key.pem']);
  });

  it('demands one where it may make none, and one of its kind', async () => {
    const { file } = await newFile();
    const place = { file, mayBeMade: false };
    await expect(openSigningKey(place)).rejects.toMatchObject({ code: 'bad-input' });
    await writeFile(file, 'secret');
    await expect(openSigningKey(place)).rejects.toThrow('no private Ed25519 key');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(openSigningKey({ file, mayBeMade: true })).rejects.toThrow('no private Ed25519 key');
  });
});
