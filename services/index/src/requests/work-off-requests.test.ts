import { randomUUID } from 'node:crypto';
import {
  type BackgroundRequest,
  createFacility,
  insertBackgroundRequest,
  listFacilities,
  readBackgroundRequest,
  stopBackgroundRequest,
  takeBackgroundRequest,
} from '@sandyq/database';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { DispositionError } from '@sandyq/disposition';
import { silentLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRequestedWork, type RequestedWork } from './work-off-requests.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test?.drop());

/** A plan that is asked for; one at a time. */
async function ask(): Promise<string> {
  const requestId = randomUUID();
  const asked = { requestId, kind: 'plan', subject: '', input: {}, requestedBy: 'alice' } as const;
  await insertBackgroundRequest(test.database, asked);
  return requestId;
}

function workOff(run: RequestedWork['run'], signal = new AbortController().signal): Promise<number> {
  const ports = { database: test.database, logger: silentLogger(), newId: () => randomUUID() };
  return createRequestedWork(ports, { kind: 'plan', run })(signal);
}

const read = (requestId: string): Promise<BackgroundRequest | undefined> =>
  readBackgroundRequest(test.database, requestId, ['plan']);
const done = async () => ({ result: { plan: 1 }, isWhole: true });
const steal = () => test.database.query({ text: `update background_request set held_by = 'another'` });
const giveBack = () => test.database.query({ text: 'update background_request set held_until = now()' });

it('ends with the result, the progress and the failure that it came to', async () => {
  expect(await workOff(done)).toBe(0);
  const first = await ask();
  expect(
    await workOff((_, { onProgress }) => {
      onProgress({ studies: 3 });
      return done();
    }),
  ).toBe(1);
  expect(await read(first)).toMatchObject({
    outcome: 'done',
    result: { plan: 1 },
    progress: { studies: 3 },
    failure: undefined,
  });
  const second = await ask();
  await workOff(() => Promise.reject(new DispositionError('conflict', 'No schedule is in force.')));
  expect(await read(second)).toMatchObject({ outcome: 'failed', failure: 'No schedule is in force.' });
  const third = await ask();
  await workOff(() => Promise.reject(new Error('relation "study" of 10.0.0.1')));
  expect(await read(third)).toMatchObject({ outcome: 'failed', failure: expect.stringContaining('the log') });
});

it('is given back when the process ends, also by what ends quietly', async () => {
  const requestId = await ask();
  const ending = new AbortController();
  const signals = [
    async () => {
      ending.abort();
      return { result: {}, isWhole: false };
    },
    () => Promise.reject(new Error('aborted')),
  ];
  for (const run of signals) {
    await workOff(run, ending.signal);
    expect(await read(requestId)).toMatchObject({ outcome: undefined, startedAt: undefined });
  }
  await workOff(done);
  expect(await read(requestId)).toMatchObject({ outcome: 'done' });
});

it('does within its transaction what it asks for, or nothing where another process has it', async () => {
  const requestId = await ask();
  const create = (code: string): RequestedWork['run'] => {
    return (_, { endWithin }) =>
      test.database.inTransaction(async (client) => {
        await createFacility(client, { code, name: code }, 'test');
        await endWithin(client, { code });
        return { result: { code }, isWhole: true };
      });
  };
  await workOff(async (request, run) => {
    await steal();
    return create('lost')(request, run);
  });
  expect(await read(requestId)).toMatchObject({ outcome: undefined });
  await giveBack();
  await workOff(create('found'));
  expect(await read(requestId)).toMatchObject({ outcome: 'done', result: { code: 'found' } });
  const codes = (await listFacilities(test.database)).map(({ code }) => code);
  expect(codes).toContain('found');
  expect(codes).not.toContain('lost');
});

it('is not begun again where it was to be stopped and its process died', async () => {
  const requestId = await ask();
  await takeBackgroundRequest(test.database, 'plan', { holder: 'dead', holdSeconds: 60 });
  await stopBackgroundRequest(test.database, requestId, 'bob');
  await giveBack();
  expect(await workOff(() => Promise.reject(new Error('it was begun')))).toBe(1);
  expect(await read(requestId)).toMatchObject({ outcome: 'stopped', failure: undefined });
});

it('is stopped by a sign of life, with what it has come to', async () => {
  const requestId = await ask();
  await workOff(async (_, { signal }) => {
    await stopBackgroundRequest(test.database, requestId, 'bob');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return { result: { plan: 0 }, isWhole: false };
  });
  expect(await read(requestId)).toMatchObject({ outcome: 'stopped', result: { plan: 0 } });
});
