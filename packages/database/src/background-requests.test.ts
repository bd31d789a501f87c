import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  advanceBackgroundRequest,
  type BackgroundKind,
  endBackgroundRequest,
  insertBackgroundRequest,
  listBackgroundRequests,
  readBackgroundRequest,
  releaseBackgroundRequest,
  stopBackgroundRequest,
  takeBackgroundRequest,
} from './background-requests.ts';
import { migrate } from './migrate.ts';
import { createTestDatabase, type TestDatabase } from './testing/index.ts';
import { makeOlderDatabase } from './testing/older-database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test?.drop());

const insert = (kind: BackgroundKind, subject = '', input: unknown = {}) =>
  insertBackgroundRequest(test.database, {
    requestId: randomUUID(),
    kind,
    subject,
    input,
    requestedBy: 'alice',
  });
const take = (kind: BackgroundKind, holder: string, holdSeconds = 60) =>
  takeBackgroundRequest(test.database, kind, { holder, holdSeconds });
const advance = (requestId: string, holder: string) =>
  advanceBackgroundRequest(test.database, requestId, { holder, holdSeconds: 60, progress: { studies: 7 } });

it('is open once for each subject, however many ask at once', async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => insert('execution', 'plan 1')));
  expect(asked.filter((one) => one !== undefined)).toHaveLength(1);
  expect(await insert('execution', 'plan 2')).toMatchObject({ subject: 'plan 2', outcome: undefined });
});

it('is taken by one process at a time, the oldest first', async () => {
  const taken = [await take('execution', 'a'), await take('execution', 'b'), await take('execution', 'c')];
  expect(taken.map((one) => one?.subject)).toEqual(['plan 1', 'plan 2', undefined]);
});

it('is lost to the next process by one that shows no sign of life', async () => {
  const { requestId = '' } = (await insert('plan')) ?? {};
  await take('plan', 'dead', 0);
  expect(await take('plan', 'next')).toMatchObject({ requestId, startedAt: expect.any(Date) });
  expect(await advance(requestId, 'dead')).toBe('lost');
  const end = { outcome: 'done', result: { of: 'the dead' } } as const;
  expect(await endBackgroundRequest(test.database, requestId, { holder: 'dead', ...end })).toBe(false);
  expect(await advance(requestId, 'next')).toBe('held');
  await releaseBackgroundRequest(test.database, requestId, 'next');
  expect(await take('plan', 'third')).toMatchObject({ requestId, progress: {} });
});

it('is stopped by who has it, and at once where nobody has', async () => {
  const { requestId = '' } = (await insert('dry-run', 'plan 1')) ?? {};
  await take('dry-run', 'a');
  expect(await stopBackgroundRequest(test.database, requestId, 'bob')).toMatchObject({ outcome: undefined });
  expect(await advance(requestId, 'a')).toBe('stopping');
  expect(await stopBackgroundRequest(test.database, requestId, 'carol')).toMatchObject({
    stopAskedBy: 'bob',
  });
  const stopped = { holder: 'a', outcome: 'stopped' } as const;
  expect(await endBackgroundRequest(test.database, requestId, stopped)).toBe(true);
  expect(await stopBackgroundRequest(test.database, requestId, 'bob')).toBeUndefined();

  const { requestId: waiting = '' } = (await insert('what-if', '', { text: 'a schedule' })) ?? {};
  expect(await stopBackgroundRequest(test.database, waiting, 'bob')).toMatchObject({
    outcome: 'stopped',
    startedAt: undefined,
    input: {},
  });
  expect(await take('what-if', 'a')).toBeUndefined();
});

it('is kept for looking back, without the text of a schedule, a hundred of each kind', async () => {
  let last = '';
  for (let number = 0; number < 103; number += 1) {
    last = (await insert('what-if', '', { text: 'a schedule', facility: 'north' }))?.requestId ?? '';
    await take('what-if', 'a');
    await endBackgroundRequest(test.database, last, { holder: 'a', outcome: 'done', result: { number } });
  }
  const kinds = ['what-if', 'dry-run'] as const;
  const found = await listBackgroundRequests(test.database, { kinds }, 1_000);
  expect(found.filter(({ kind }) => kind === 'what-if')).toHaveLength(100);
  expect(found[0]).toMatchObject({ requestId: last, input: { facility: 'north' }, result: { number: 102 } });
  const older = await listBackgroundRequests(test.database, { kinds, before: last }, 1);
  expect(older).toMatchObject([{ result: { number: 101 } }]);
  expect(await readBackgroundRequest(test.database, last, ['plan'])).toBeUndefined();
});

it('takes over what was asked for when only comparisons were', async () => {
  const older = await makeOlderDatabase('0022');
  await older.database.query({
    text: `insert into reconcile_request (reconcile_request_id, dry_run, requested_by, report, started_at, ended_at, failure)
      values (gen_random_uuid(), true, 'done', '{"listed": 3}', now(), now(), null),
        (gen_random_uuid(), false, 'failed', '{"listed": 2}', now(), now(), 'why'),
        (gen_random_uuid(), false, 'open', '{}', null, null, null)`,
  });
  await migrate(older.database);
  const found = await listBackgroundRequests(older.database, { kinds: ['reconcile'] }, 10);
  await older.drop();
  expect(found.toSorted((a, b) => a.requestedBy.localeCompare(b.requestedBy))).toMatchObject([
    { outcome: 'done', input: { dryRun: true }, result: { listed: 3 }, failure: undefined },
    {
      outcome: 'failed',
      input: { dryRun: false },
      progress: { listed: 2 },
      result: undefined,
      failure: 'why',
    },
    { outcome: undefined, input: { dryRun: false }, startedAt: undefined, endedAt: undefined },
  ]);
});
