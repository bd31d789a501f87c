/** What administrators replace, discard and export, over the admin API, with real bytes behind it. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportQuarantined } from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../support/dicomweb.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let here: QuarantineArchive;

beforeAll(async () => {
  here = await QuarantineArchive.start();
});

afterAll(() => here?.test.stop());

describe('replace', () => {
  it('gives the UID to the newcomer and keeps the bytes of the other one', async () => {
    const study = here.newStudy();
    const [first, second, other] = [imageOf(study, 1), imageOf(study, 1), imageOf(study, 2)];
    await here.store(first.bytes);
    await here.store(other.bytes);
    expect(await here.store(second.bytes)).toMatchObject({
      kind: 'failed',
      reason: 'duplicate-sop-instance',
    });
    const entry = await here.newest();
    const refused = await here.decide(entry.quarantineId, 'accept');
    expect(refused).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('use "replace"') },
    });

    const { status, json } = await here.decide(entry.quarantineId, 'replace');
    expect(status).toBe(200);
    expect(json).toMatchObject({ quarantineId: entry.quarantineId, studyInstanceUid: study, isHeld: false });
    expect(await here.original(study, 1)).toEqual(second.bytes);
    expect(await here.instanceCount(study)).toBe(2);
    const frames = await get(
      `${here.test.url}/dicom-web/studies/${study}/series/${study}.1/instances/${study}.1.1/frames/1`,
      { ...here.radiologist, Accept: 'multipart/related; type="application/octet-stream"' },
    );
    expect(frames.body.includes(second.bytes.subarray(-128))).toBe(true);

    const kept = (await here.entries({ state: 'replaced' })).find(
      ({ quarantineId }) => quarantineId === json['replacedQuarantineId'],
    );
    expect(kept).toMatchObject({
      state: 'replaced',
      sopInstanceUid: `${study}.1.1`,
      decidedBy: expect.any(String),
    });
    const bytes = await here.bytesOf({ quarantineId: kept?.quarantineId ?? 0 });
    expect(bytes.body).toEqual(first.bytes);

    // The old bytes are judged anew when they come again.
    expect(await here.store(first.bytes)).toMatchObject({ kind: 'failed', reason: 'duplicate-sop-instance' });
    const changes = await changesOf(study);
    expect(changes).toContainEqual(['replaced', [`${study}.1.1`]]);
  });

  it('refuses where no instance stands against the entry', async () => {
    const made = imageOf(here.newStudy(), 1).bytes;
    await here.store(made.subarray(0, made.length - 20));
    const { status, json } = await here.decide((await here.newest()).quarantineId, 'replace');
    expect(status).toBe(409);
    expect(json['message']).toContain('use "accept"');
  });
});

describe('discard', () => {
  it('is recorded, deletes an object of its own, and frees the way for a repeat', async () => {
    const made = imageOf(here.newStudy(), 1).bytes;
    const torn = made.subarray(0, made.length - 30);
    await here.store(torn);
    const entry = await here.newest();
    expect(await here.decide(entry.quarantineId, 'discard')).toMatchObject({
      status: 200,
      json: { quarantineId: entry.quarantineId, isDeleted: true },
    });
    expect(await here.objectKeys('quarantine/')).not.toContain(entry.objectKey);
    const lines = await here.test.archive.database.query({
      text: `select kind, decided_by from journal_line where fact ->> 'quarantineId' = $1 order by journal_line_id`,
      values: [String(entry.quarantineId)],
    });
    expect(lines.rows.map((row) => row['kind'])).toEqual(['quarantined', 'quarantine-discarded']);
    const gone = await here.bytesOf(entry);
    expect(gone.status).toBe(410);
    await here.store(torn);
    expect((await here.newest()).quarantineId).toBeGreaterThan(entry.quarantineId);
  });

  it('leaves the entry of a segment where it is, and nothing of the study changes', async () => {
    const study = here.newStudy();
    const first = imageOf(study, 1);
    await here.store(first.bytes);
    await here.store(imageOf(study, 1).bytes);
    const entry = await here.newest();
    expect(await here.decide(entry.quarantineId, 'discard')).toMatchObject({ json: { isDeleted: false } });
    expect(await here.objectKeys('v1/')).toContain(entry.objectKey);
    expect(await here.original(study, 1)).toEqual(first.bytes);
    expect(await here.instanceCount(study)).toBe(1);
  });
});

describe('export', () => {
  it('writes the very bytes, never over a file, and nothing at all when they are damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandyq-export-'));
    const made = imageOf(here.newStudy(), 1).bytes;
    const torn = made.subarray(0, made.length - 10);
    await here.store(torn);
    const entry = await here.newest();
    const path = join(folder, 'torn.dcm');
    const exported = await exportQuarantined(here.test.archive, entry.quarantineId, path);
    expect(exported).toEqual({ quarantineId: entry.quarantineId, path, size: torn.length });
    expect(await readFile(path)).toEqual(torn);
    await expect(exportQuarantined(here.test.archive, entry.quarantineId, path)).rejects.toMatchObject({
      code: 'file-exists',
    });

    await here.damage(entry.objectKey, 200);
    await expect(
      exportQuarantined(here.test.archive, entry.quarantineId, join(folder, 'damaged.dcm')),
    ).rejects.toMatchObject({ code: 'damaged' });
    expect(await readdir(folder)).toEqual(['torn.dcm']);
    const { status } = await here.bytesOf(entry);
    expect(status).toBe(500);
    expect((await here.decide(entry.quarantineId, 'accept')).status).toBe(500);
    expect(await here.newest()).toMatchObject({ quarantineId: entry.quarantineId, state: 'open' });
    await rm(folder, { recursive: true });
  });

  it('reads entries of segments, checked block by block', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const second = imageOf(study, 1);
    await here.store(second.bytes);
    const entry = await here.newest();
    const bytes = await here.bytesOf(entry);
    expect(bytes.status).toBe(200);
    expect(bytes.body).toEqual(second.bytes);
    expect(bytes.headers.get('repr-digest')).toBe(`sha-256=:${entry.sha256.toString('base64')}:`);

    await here.damage(entry.objectKey, entry.entryOffset + 150);
    expect((await here.decide(entry.quarantineId, 'replace')).status).toBe(500);
    expect(await here.original(study, 1)).not.toEqual(second.bytes);
  });
});

async function changesOf(study: string): Promise<unknown[]> {
  const found = await here.test.archive.database.query<{ kind: string; sop_instance_uids: string[] }>({
    text: `select kind, sop_instance_uids from change where study_instance_uid = $1
      union all select kind, sop_instance_uids from change_outbox where study_instance_uid = $1`,
    values: [study],
  });
  return found.rows.map(({ kind, sop_instance_uids }) => [kind, sop_instance_uids]);
}
