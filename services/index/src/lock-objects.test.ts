/** Which stores are told what to keep: those that lock objects, and nothing is asked of the others. */
import { lockingPlaces } from '@sandyq/database';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import type { PlaceWithLocks } from '@sandyq/service';
import { StorageError } from '@sandyq/storage';
import { recordingLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createObjectLocking } from './lock-objects.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const NEVER = new AbortController().signal;

/** A place that answers so, and can be asked nothing else. */
function placeThat(place: PlaceWithLocks['place'], answer: () => Promise<boolean>): PlaceWithLocks {
  const unasked = () => Promise.reject(new TypeError(`${place} was asked`));
  const locks = { canLock: answer, readLock: unasked, setLegalHold: unasked, retainUntil: unasked };
  return { place, target: `at ${place}`, locks };
}

const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);
const away = () => Promise.reject(new StorageError('unavailable', 'it does not answer'));
const refused = () => Promise.reject(new StorageError('access-denied', 'it does not say'));

/** What two rounds of a process have said of each place. */
async function said(...locks: PlaceWithLocks[]): Promise<string[]> {
  const { logger, lines } = recordingLogger();
  const run = createObjectLocking({ database: test.database, locks, logger });
  await run(NEVER);
  await run(NEVER);
  return lines.flatMap(({ event, store }) => (typeof store === 'string' ? [`${store}: ${event}`] : []));
}

const known = async () => (await lockingPlaces(test.database)).map(({ place }) => place);

it('each says once what it does, and one that is away stays what it was', async () => {
  const places = [placeThat('store', no), placeThat('cold', yes), placeThat('replica', away)];
  expect(await said(...places)).toEqual([
    'store: objects-not-locked',
    'cold: objects-are-locked',
    'replica: object-locks-away',
  ]);
  expect(await known()).toEqual(['cold']);
  expect(await said(placeThat('cold', away), placeThat('replica', yes))).toEqual([
    'cold: object-locks-away',
    'replica: objects-are-locked',
  ]);
  expect(await known()).toEqual(['cold', 'replica']);
});

it('one that does not let itself be asked is left alone, and so is what has none', async () => {
  expect(await said(placeThat('store', refused))).toEqual([
    'store: object-lock-not-known',
    'store: objects-not-locked',
  ]);
  expect(await said()).toEqual([]);
  expect(await known()).toEqual([]);
});
