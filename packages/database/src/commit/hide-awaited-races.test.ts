/** A rejection note and what it names, at the same time in two processes: one waits for the other, and both end the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotedStudies } from '../testing/noted-studies.ts';
import { watchedDatabase } from '../testing/watched-database.ts';
import { commitInstances } from './commit-instances.ts';

let here: NotedStudies;
beforeAll(async () => {
  here = await NotedStudies.start();
});
afterAll(() => here?.stop());

describe('at the same time', () => {
  /** Until somebody waits for a lock of this here.database. */
  async function untilWaiting(): Promise<void> {
    const text = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await here.database.query({ text })).rowCount === 0) await sleep(2);
  }

  it('an instance waits for the note that is being applied', async () => {
    const study = here.newStudy();
    const [isNoted, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const noting = here.note({ study, numbers: [1] }, here.elsewhere, async () => {
      isNoted.resolve();
      await mayEnd.promise;
    });
    await isNoted.promise;
    const arriving = here.arrive(study, [1]);
    await untilWaiting();
    mayEnd.resolve();
    await noting;
    expect(await arriving).toEqual(['rejected']);
  });

  it('a note waits for the instance that is being committed, and for the series and the study that it makes', async () => {
    const study = here.newStudy();
    const [isThere, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const arriving = commitInstances(here.elsewhere, [here.segmentOf(study, [1])], {
      last: async () => {
        isThere.resolve();
        await mayEnd.promise;
      },
    });
    await isThere.promise;
    const noting = here.note({ study, numbers: [1] });
    await untilWaiting();
    mayEnd.resolve();
    expect([...(await arriving).values()]).toEqual([{ kind: 'stored' }]);
    await noting;
    expect(await here.rowsOf(study)).toMatchObject({ awaited: 0, register: ['.1.1 113037 rejected'] });
  });

  it('an instance that waits for a note which is being restored is shown', async () => {
    const study = here.newStudy();
    const rejectionId = await here.note({ study, numbers: [1] });
    let arriving: Promise<string[]> | undefined;
    await here.elsewhere.inTransaction(async (client) => {
      await here.restore(rejectionId, client);
      arriving = here.arrive(study, [1]);
      await untilWaiting();
    });
    expect(await arriving).toEqual(['stored']);
    expect(await here.rowsOf(study)).toMatchObject({ awaited: 0, shown: [{ number_of_instances: 1 }] });
  });
});

it('a note and what it names end the same, whoever is first, in two processes', async () => {
  for (let round = 0; round < 25; round += 1) {
    const study = here.newStudy();
    const numbers = [1, 2, 3, 4, 5, 6];
    const works: (() => Promise<unknown>)[] = [
      () => here.note({ study, numbers: numbers.slice(1) }, here.elsewhere),
      () => here.arrive(study, [1, 2, 3]),
      () => here.arrive(study, [4, 5, 6]),
    ];
    const begun = round % works.length;
    await Promise.all([...works.slice(begun), ...works.slice(0, begun)].map((work) => work()));
    expect(await here.rowsOf(study)).toMatchObject({
      instances: numbers.map((number) =>
        number === 1 ? 'active active .1.1' : `rejected rejected .1.${number}`,
      ),
      register: numbers.slice(1).map((number) => `.1.${number} 113037 rejected`),
      rejections: 1,
      awaited: 0,
      shown: [{ number_of_instances: 1, number_of_series: 1, is_empty: false }],
    });
  }
});

it('a note of ten thousand instances is told in statements of a thousand', async () => {
  const study = here.newStudy();
  const numbers = Array.from({ length: 10_000 }, (_, index) => index);
  await here.arrive(study, numbers.slice(0, 200));
  let most = 0;
  const watched = watchedDatabase(here.database, ({ values = [] }) => {
    for (const value of values) if (Array.isArray(value)) most = Math.max(most, value.length);
  });
  await here.note({ study, numbers }, watched);
  expect(most).toBe(1_000);
  expect(await here.arrive(study, numbers.slice(200, 400))).toEqual(Array(200).fill('rejected'));
  expect(await here.rowsOf(study)).toMatchObject({ rejections: 1, awaited: 9_600 });
});
