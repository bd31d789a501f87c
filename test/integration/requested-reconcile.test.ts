/** A comparison of the whole store is asked for, not waited for: however large the store, the request is answered at once. */
import { insertBackgroundRequest, readBackgroundRequest, takeBackgroundRequest } from '@sandyq/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestReconcile } from '../support/requested-reconcile.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.stop());

it('is answered with where to look, and ends with its report', async () => {
  const ended = await requestReconcile(archive.url, { dryRun: true });
  expect(ended).toMatchObject({ state: 'done', dryRun: true, listed: 0, unknown: 0, missing: [] });
  const overview = await fetch(`${archive.url}/admin/reconcile`);
  expect(await overview.json()).toMatchObject({
    lastRequest: { requestId: ended['requestId'], state: 'done' },
  });
});

it('is one at a time, and is taken over from a process that shows no sign of life', async () => {
  const { database, newId } = archive.archive;
  // A process that died while it had a request.
  await database.inTransaction(async (client) => {
    await insertBackgroundRequest(client, {
      requestId: DEAD,
      kind: 'reconcile',
      subject: '',
      input: { dryRun: true },
      requestedBy: 'test',
    });
    await takeBackgroundRequest(client, 'reconcile', { holder: newId(), holdSeconds: 2 });
  });
  const second = await fetch(`${archive.url}/admin/reconcile`, { method: 'POST' });
  expect(second.status).toBe(409);
  expect(await second.text()).toContain('A comparison is under way');
  await expect
    .poll(() => readBackgroundRequest(database, DEAD, ['reconcile']), { timeout: 30_000, interval: 100 })
    .toMatchObject({ outcome: 'done', endedAt: expect.any(Date) });
});

it.each([
  ['GET', '/admin/reconcile/018f0000-0000-7000-8000-000000000000', 404],
  ['GET', '/admin/reconcile/1', 404],
  ['POST', '/admin/reconcile?dryRun=perhaps', 400],
])('%s %s is %i', async (method, path, status) => {
  expect((await fetch(`${archive.url}${path}`, { method })).status).toBe(status);
});

const DEAD = '018f0000-0000-7000-8000-00000000dead';
