/** What becomes of plans, and of what they have hidden, when another schedule is adopted: said before, flagged after, undone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listRejections, type Plan } from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import { makePlan } from '@sandyq/disposition';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { get, mustStore } from '../support/dicomweb.ts';
import {
  adopt,
  approvedPlan,
  execute,
  ONE_YEAR,
  oldInstance,
  planner,
} from '../support/disposing-archive.ts';
import { runScript } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

/** Of 2010, of five years ago, and of 2011. */
const [OLD, RECENT, PLANNED] = ['2.25.4400.1', '2.25.4400.2', '2.25.4400.3'] as const;
const YEAR = new Date().getFullYear();

let test: TestArchive;
let folder: string;
let key: string;
let hiding: Plan;
let open: Plan;

beforeAll(async () => {
  test = await startArchive();
  folder = await mkdtemp(path.join(tmpdir(), 'sandyq-keys-'));
  key = await createKey(test.archive.database, { roles: ['manager'] });
  await writeFile(path.join(folder, 'key'), key);
  await adopt(test.archive);
  await store(OLD, '20100501');
  await store(RECENT, `${YEAR - 5}0501`);
  hiding = await approvedPlan(test.archive);
  await execute(test.archive, hiding, { graceDays: 30 });
  await store(PLANNED, '20110501');
  open = await planNow();
});
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

const store = (study: string, date: string) =>
  mustStore(test.url, oldInstance(study, { elements: [[Tags.StudyDate, 'DA', date]] }));

async function planNow(kind: Plan['kind'] = 'schedule'): Promise<Plan> {
  const { plan } = await makePlan({ ...test.archive, now: () => new Date() }, { kind }, planner);
  if (plan === undefined) throw new Error('there is nothing to plan');
  return plan;
}

const isShown = async (study: string) =>
  (await get(`${test.url}/dicom-web/studies?StudyInstanceUID=${study}`)).status === 200;

const retention = (...args: string[]) =>
  runScript('retention.ts', [...args, '--key-file', path.join(folder, 'key')], {
    DATABASE_URL: test.testDatabase.connectionString,
    SANDYQ_DATA: test.settings.dataFolder,
  });

async function call(method: string, where: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${test.url}/admin/retention${where}`, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
}

/** As ONE_YEAR, for ten years. */
async function proposeTenYears(schedule: string, from: string): Promise<void> {
  const text = ONE_YEAR.replaceAll('one-year', schedule)
    .replace('from: 2000-01-01', `from: ${from}`)
    .replace('period: 1y', 'period: 10y');
  // The operator with the key adopts it.
  const proposed = await fetch(`${test.url}/admin/retention/schedules`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  expect([proposed.status, await proposed.json()]).toMatchObject([201, { schedule }]);
}

const stranded = () => [
  {
    id: hiding.planId,
    kind: 'schedule',
    state: 'approved',
    planned: 2,
    hidden: 2,
    hiddenKept: 1,
    hiddenForReview: 0,
    commands: [
      `npm run retention -- restore-plan ${hiding.planId} --reason "another schedule is in force" --execute`,
      'npm run retention -- plan --kind rejections',
      'npm run retention -- plan',
    ],
  },
  {
    id: open.planId,
    kind: 'schedule',
    state: 'open',
    planned: 1,
    hidden: 0,
    hiddenKept: 0,
    hiddenForReview: 0,
    commands: ['npm run retention -- plan'],
  },
];

it('a dry run names the plans, what they hide, and what the new schedule would keep of it', async () => {
  await proposeTenYears('ten-years', '2000-01-02');
  const before = Date.now();
  const dry = await call('POST', '/schedules/ten-years/1/adopt?dryRun=true', {});
  expect(dry).toMatchObject({
    status: 200,
    dryRun: true,
    state: 'proposed',
    adoption: { insteadOf: 'one-year@1', strandedPlans: stranded() },
  });
  const { inForceFrom } = dry['adoption'] as { inForceFrom: string };
  expect(Date.parse(inForceFrom)).toBeGreaterThanOrEqual(before);

  const words = await retention('schedule', 'adopt', 'ten-years@1');
  expect(words).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was done') });
  expect(words.stdout).toMatch(/ten-years@1 is in force from .*, in place of one-year@1\./);
  expect(words.stdout).toMatch(new RegExp(`${hiding.planId} +schedule +approved +2 +2 +1 +0\n`));
  expect(words.stdout).toContain('The new schedule would not let 1 of them go');
  expect(words.stdout).toContain(`restore-plan ${hiding.planId} --reason`);
  expect((await call('GET', `/plans/${hiding.planId}`))['state']).toBe('approved');
});

it('one that is effective later takes the place of the other one then, and one that others go before never', async () => {
  await proposeTenYears('later', `${YEAR + 1}-01-01`);
  expect(await call('POST', '/schedules/later/1/adopt?dryRun=true', {})).toMatchObject({
    // The plans will have expired by then, or not: that depends on the day of this test.
    adoption: { inForceFrom: `${YEAR + 1}-01-01T00:00:00.000Z`, insteadOf: 'one-year@1' },
  });
  await proposeTenYears('earlier', '1999-01-01');
  const never = await call('POST', '/schedules/earlier/1/adopt?dryRun=true', {});
  expect(never['adoption']).toEqual({ strandedPlans: [] });
  const words = await retention('schedule', 'adopt', 'earlier@1');
  expect(words.stdout).toContain('earlier@1 is never in force');
});

it('the adoption says it once more, and the plans are superseded', async () => {
  expect(await call('POST', `/plans/${hiding.planId}/restore`, { reason: 'x' })).toMatchObject({
    status: 409,
    message: expect.stringContaining('withdraw it first'),
  });
  const adopted = await retention('schedule', 'adopt', 'ten-years@1', '--execute', '--json');
  expect(adopted).toMatchObject({ code: 0 });
  expect(JSON.parse(adopted.stdout)).toMatchObject({
    state: 'adopted',
    adoption: { strandedPlans: stranded() },
  });
  for (const { planId } of [hiding, open]) {
    expect((await call('GET', `/plans/${planId}`))['state']).toBe('superseded');
  }
  expect((await retention('plans')).stdout.match(/superseded/g)).toHaveLength(2);
  await expect(execute(test.archive, hiding)).rejects.toThrow('is not in force');
  expect([await isShown(OLD), await isShown(RECENT)]).toEqual([false, false]);
});

it('what they mean to dispose of is planned anew, without a withdrawal', async () => {
  expect(await planNow()).toMatchObject({ studies: 1, schedule: 'ten-years' });
  await test.archive.database.query({
    text: `update rejection set restore_until = now() - interval '1 day' where plan_id = $1`,
    values: [hiding.planId],
  });
  // The other one is to be kept for ten years now.
  expect(await planNow('rejections')).toMatchObject({ studies: 1, schedule: 'ten-years' });
});

it('what they hide is shown again, all at once, with a line of the journal for each', async () => {
  const reason = 'another schedule is in force';
  expect(await call('POST', `/plans/${hiding.planId}/restore`, { reason })).toMatchObject({
    dryRun: true,
    rejections: 2,
  });
  expect(await isShown(RECENT)).toBe(false);
  expect(await retention('restore-plan', hiding.planId, '--reason', reason)).toMatchObject({
    code: 1,
    stdout: '2 of its studies would be shown again.\n',
  });
  expect(await retention('restore-plan', hiding.planId, '--reason', reason, '--execute')).toMatchObject({
    code: 0,
    stdout: 'Shown again: 2 studies, 2 instances.\n',
  });
  expect([await isShown(OLD), await isShown(RECENT)]).toEqual([true, true]);
  const { database } = test.archive;
  const rejections = await listRejections(database, {}, 10);
  expect(rejections.map(({ state }) => state)).toEqual(['restored', 'restored']);
  const lines = await database.query<{ fact: unknown }>({
    text: `select fact from journal_line where kind = 'instances-restored' order by fact::text`,
  });
  expect(lines.rows).toMatchObject([{ fact: { reason } }, { fact: { reason } }]);
  expect(await call('POST', `/plans/${hiding.planId}/restore`, { reason, dryRun: false })).toMatchObject({
    rejections: 0,
  });
});
