/** What the schedule lets lie in the cold tier is moved there, and what a hold binds is not. */
import { placeHold, requestRecall } from '@sandyq/database';
import { adoptProposed, movableStudy, moveDueStudies, proposeSchedule } from '@sandyq/disposition';
import { afterEach, describe, expect, it } from 'vitest';
import { get, getJson, storeAll } from '../support/dicomweb.ts';
import { runScript } from '../support/run-script.ts';
import {
  closeAll,
  expectAsSent,
  image,
  leaveCompaction,
  NO_UPKEEP,
  open,
  STUDY,
  tiers,
  until,
} from './cold-tier-archive.ts';

afterEach(closeAll);

const SCHEDULE = `schedule: cold-test
version: 1
title: Everything may lie in the cold tier after a day
source: a test
timeZone: UTC
effective: { from: 2020-01-01 }
rules:
  - id: all
    title: All
    when: { modality: [CT] }
    keep: { atLeast: [{ period: 10y, from: study-date }] }
    atEnd: review
    cold: { period: 1d, from: study-date }
`;

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

describe('what the schedule lets lie in the cold tier', () => {
  it('is moved when its day has come, unless a hold binds it or somebody wanted it back lately', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports } = opened;
    const { database, maintenance, store, logger, newId } = test.archive;
    await expect(
      moveDueStudies(database, { ports: undefined, hasReplica: false, now: inDays(10) }),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
    await proposeSchedule({ database }, SCHEDULE, { principalId: 'planner', isOperator: true });
    const adopter = { principalId: 'adopter', isOperator: true };
    const journal = { database, maintenance, store, logger };
    await adoptProposed(journal, { schedule: 'cold-test', version: 1 }, adopter);
    await storeAll(test.url, [image(1, 1, '2.25.7200').bytes]);
    const early = await moveDueStudies(database, { ports: undefined, hasReplica: false, now: inDays(10) });
    expect(early).toMatchObject({ due: 2, moved: 1, waiting: 1, left: { compaction: 1 } });
    await leaveCompaction(test);
    const toReplicate = { ports: undefined, hasReplica: true, now: inDays(10) };
    expect(await moveDueStudies(database, toReplicate)).toMatchObject({ moved: 0, left: { replication: 3 } });

    const planned = await moveDueStudies(database, { ports: undefined, hasReplica: false, now: inDays(10) });
    expect(planned).toMatchObject({ studies: 2, due: 2, moved: 2, waiting: 0, held: 0, left: {} });
    expect(new Set(await tiers(test))).toEqual(new Set(['hot']));

    const legalHoldId = newId();
    await database.inTransaction((client) =>
      placeHold(
        client,
        {
          legalHoldId,
          reason: 'inquiry',
          authority: 'court',
          owner: 'registry',
          scope: { kind: 'studies', studyInstanceUids: ['2.25.7200'] },
          reviewOn: '2099-01-01',
        },
        'holder',
      ),
    );
    const moved = await moveDueStudies(database, { ports, hasReplica: false, now: inDays(10) });
    expect(moved).toMatchObject({
      studies: 2,
      due: 1,
      moved: 1,
      held: 1,
      left: {},
      bytes: expect.any(Number),
    });
    expect((await tiers(test)).sort()).toEqual(['cold', 'cold', 'hot']);
    await expect(movableStudy(ports, '2.25.7200', new Date())).rejects.toMatchObject({ code: 'conflict' });

    expect(await requestRecall(database, { studyInstanceUid: STUDY })).toBe(2);
    await until(async () => new Set(await tiers(test)).size === 1);
    const again = await moveDueStudies(database, { ports, hasReplica: false, now: inDays(10) });
    expect(again).toMatchObject({ due: 0, moved: 0, held: 1, recalled: 1 });
    expect(await moveDueStudies(database, { ports, hasReplica: false, now: inDays(40) })).toMatchObject({
      moved: 1,
      recalled: 0,
    });
  });
});

describe('people', () => {
  it('see where studies lie, move one by hand and bring it back, by command or by route', async () => {
    const { test, folder, made } = await open(NO_UPKEEP);
    const environment = {
      SANDYQ_DATA: test.settings.dataFolder,
      DATABASE_URL: test.testDatabase.connectionString,
      SANDYQ_COLD_FOLDER: folder,
    };
    const cold = (...args: string[]) => runScript('retention.ts', ['cold', ...args], environment);
    const planned = await cold('move', '--study', STUDY);
    expect(planned.code, planned.stderr).toBe(1);
    expect(planned.stderr).toContain('--execute');
    expect(await tiers(test)).toEqual(['hot', 'hot']);
    const moved = await cold('move', '--study', STUDY, '--execute', '--json');
    expect(moved.code, moved.stderr).toBe(0);
    expect(JSON.parse(moved.stdout)).toMatchObject({ executed: true, moved: 2, left: [] });

    const url = `${test.url}/admin/retention/cold-tier`;
    expect(await getJson(url)).toMatchObject({
      target: folder,
      isReachable: true,
      reads: 'through',
      hotSegments: 0,
      coldSegments: 2,
      hotCopies: 2,
    });
    expect((await get(`${url}/due`)).status).toBe(404);
    const recallOf = (study: string) =>
      fetch(`${url}/recall`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ study }),
      });
    expect((await recallOf('1.2.3.4.5')).status).toBe(404);
    const recall = await recallOf(STUDY);
    expect([recall.status, await recall.json()]).toEqual([202, { segments: 2 }]);
    await until(async () => (await tiers(test)).join() === 'hot,hot');
    await expectAsSent(test, made);
  });
});
