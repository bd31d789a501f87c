/** Without credentials the archive serves the machine it runs on, and nobody else: it says so, or it does not start (design §8). */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServerUrl } from '@sandyq/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runToItsEnd, type ServiceName, startArchiveProcess } from '../support/archive-process.ts';
import { deployArchive } from '../support/deploy-archive.ts';
import { get } from '../support/dicomweb.ts';

describe('single-user mode', () => {
  let dataFolder: string;
  beforeAll(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-single-user-'));
  });
  afterAll(() => rm(dataFolder, { recursive: true, force: true }));

  it.each<[ServiceName, string]>([
    ['standalone', '0.0.0.0'],
    ['standalone', '::'],
    ['ingest', '0.0.0.0'],
    ['index', '0.0.0.0'],
    ['retrieval', '0.0.0.0'],
  ])('%s refuses to start on %s', async (service, host) => {
    const { code, signal, output } = await runToItsEnd(service, {
      SANDYQ_HOST: host,
      SANDYQ_PORT: '0',
      SANDYQ_DATA: dataFolder,
      DATABASE_URL: testServerUrl(),
    });
    expect([code, signal]).toEqual([1, null]);
    expect(output).toContain('SANDYQ_AUTH');
    expect(output).toContain('keys');
    expect(output).toContain(host);
    expect(output).not.toContain('"event":"listening"');
  });

  it('says so when it starts, needs no key, and answers to names of this machine only', async () => {
    const archive = await deployArchive({ topology: 'standalone' });
    try {
      expect(archive.log()).toMatch(/single-user mode/i);
      expect((await get(`${archive.url}/dicom-web/studies`)).status).toBe(204);
      expect(await statusForHost(archive.url, 'archive.example.kz')).toBe(421);
      expect(await statusForHost(archive.url, 'localhost')).toBe(204);
    } finally {
      await archive.stop();
    }
  });

  it('is not needed on another address where keys are asked for', async () => {
    const archive = await deployArchive({ topology: 'standalone' });
    try {
      const process = await startArchiveProcess('retrieval', {
        SANDYQ_HOST: '0.0.0.0',
        SANDYQ_AUTH: 'keys',
        SANDYQ_DATA: dataFolder,
        DATABASE_URL: archive.connectionString,
      });
      expect((await get(`${process.url}/dicom-web/studies/1.2.3`)).status).toBe(401);
      await process.stop();
    } finally {
      await archive.stop();
    }
  });
});

/** fetch does not let one choose the Host. */
async function statusForHost(url: string, host: string): Promise<number> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    request(`${url}/dicom-web/studies`, { headers: { Host: `${host}:${port}` } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}
