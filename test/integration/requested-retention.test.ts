/** What-ifs, plans and executions over HTTP: asked for, not waited for; one at a time, stopped, gone on with. */
import { revokeApiKey } from '@sandyq/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { approvedPlan, ONE_YEAR } from '../support/disposing-archive.ts';
import { ask, askAndFollow, follow, type ShownRequest } from '../support/requested-work.ts';
import { DispositionArchive } from './disposition-archive.ts';

const REQUESTS = '/admin/retention/requests';

let here: DispositionArchive;
beforeAll(async () => {
  here = await DispositionArchive.start();
});
afterAll(() => here?.stop());

const askHere = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  ask(here.test.url, `/admin/retention${path}`, { body, headers });
const doHere = (path: string, body: object = {}) =>
  askAndFollow(here.test.url, `/admin/retention${path}`, { body });

async function call(method: string, url: string, body?: object) {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    }),
  });
  return { status: response.status, json: (await response.json()) as ShownRequest };
}

/** Studies with an approved plan of their own. */
async function planned(studies: number): Promise<{ planId: string; path: string; studies: string[] }> {
  const uids: string[] = [];
  for (let number = 0; number < studies; number += 1) uids.push(await here.newStudy());
  const { planId } = await approvedPlan(here.test.archive);
  return { planId, path: `/plans/${planId}/execute`, studies: uids };
}

async function left(studies: readonly string[]): Promise<number> {
  const keys = await Promise.all(studies.map((study) => here.keysOf(study)));
  return keys.filter(({ length }) => length > 0).length;
}

const PATIENT = { timeout: 20_000 };
/** A study every other second. */
const SLOW = { dryRun: false, studiesPerSecond: 0.5 };

describe('what is asked for', () => {
  it('is answered with where to look, and ends with its result', async () => {
    await here.newStudy();
    const ended = await doHere('/what-if', { facility: 'default' });
    expect(ended).toMatchObject({
      kind: 'what-if',
      state: 'done',
      requestedBy: 'single-user',
      asked: { facility: 'default' },
      progress: { studies: 1, of: 1 },
      result: { schedule: 'one-year', total: { studies: 1, instances: 4 } },
    });
    const text = ONE_YEAR.replace('one-year', 'another').replace('atEnd: destroy', 'atEnd: review');
    const other = await doHere('/what-if', { text });
    expect(other).toMatchObject({ result: { changes: [{ from: 'destroy', to: 'review' }] } });
    expect(other['asked']).toEqual({});
    const made = await doHere('/plans', { validDays: 3 });
    expect(made).toMatchObject({ kind: 'plan', state: 'done', result: { looked: 1, plan: { studies: 1 } } });
    expect(await doHere('/plans', {})).toMatchObject({ state: 'done', result: { leftOut: { planned: 1 } } });
    const page = await call('GET', `${here.test.url}${REQUESTS}?limit=2`);
    expect(page.json).toMatchObject({ requests: [{ kind: 'plan' }, { id: made['id'] }], next: made['id'] });
    const rest = await call('GET', `${here.test.url}${REQUESTS}?before=${String(made['id'])}`);
    expect(rest.json).toMatchObject({ requests: [{ id: other['id'] }, { id: ended['id'] }] });
  });

  it('is refused at once where it cannot be done', async () => {
    const nowhere = '018f0000-0000-7000-8000-000000000000';
    const at = `${here.test.url}/admin/retention`;
    for (const [method, path, body, status] of [
      ['POST', '/what-if', { text: 'rules: []' }, 400],
      ['POST', '/what-if', { text: `${ONE_YEAR}# \ud800` }, 400],
      ['POST', '/what-if', { text: ONE_YEAR, schedule: 'us-federal' }, 400],
      ['POST', '/what-if', { schedule: 'atlantis' }, 404],
      ['POST', '/what-if', { facility: 'nowhere' }, 404],
      ['POST', '/plans', { facility: 'nowhere' }, 404],
      ['POST', '/plans', { limit: 0 }, 400],
      ['POST', `/plans/${nowhere}/execute`, {}, 404],
      ['GET', `/requests/${nowhere}`, undefined, 404],
      ['GET', '/requests/1', undefined, 404],
      ['GET', '/requests?before=1', undefined, 404],
      ['POST', `/requests/${nowhere}/stop`, undefined, 404],
    ] as const)
      expect({ path, ...(await call(method, `${at}${path}`, body)) }).toMatchObject({ path, status });
  });
});

describe('an execution', () => {
  it('is asked to stop, and goes on with the next request', async () => {
    const { planId, path, studies } = await planned(8);
    const location = await askHere(path, SLOW);
    await expect
      .poll(() => here.rows(`select 1 from rejection where plan_id = $1`, planId), PATIENT)
      .not.toEqual([]);
    const asked = await call('POST', `${location}/stop`);
    expect(asked).toMatchObject({ status: 202, json: { state: 'running', stopAskedBy: 'single-user' } });
    const stopped = await follow(location);
    expect(stopped).toMatchObject({ state: 'stopped', planId, result: { isStopped: true, isEnded: false } });
    expect(await call('POST', `${location}/stop`)).toMatchObject({ status: 200, json: { state: 'stopped' } });
    expect(await left(studies)).toBeGreaterThan(0);
    const done = await doHere(path, { dryRun: false });
    expect(done).toMatchObject({
      state: 'done',
      result: { isEnded: true, progress: [{ state: 'purged', studies: 8, instances: 32 }] },
    });
    expect(await left(studies)).toBe(0);
  });

  it('is one at a time; others wait their turn, and need the right that they were asked for with', async () => {
    const { database } = here.test.archive;
    const first = await planned(12);
    const second = await planned(1);
    const running = await askHere(first.path, SLOW);
    await expect
      .poll(async () => (await call('GET', running)).json, PATIENT)
      .toMatchObject({ state: 'running' });
    const again = await call('POST', `${here.test.url}/admin/retention${first.path}`, SLOW);
    expect(again).toMatchObject({ status: 409, json: { message: expect.stringContaining('under way') } });
    const key = await createKey(database, { roles: ['manager'] });
    const authorization = { Authorization: `Bearer ${key}` };
    const waiting = await askHere(second.path, { dryRun: false }, authorization);
    expect(await doHere(second.path)).toMatchObject({ kind: 'dry-run', result: { purged: { studies: 1 } } });
    expect(await call('GET', waiting)).toMatchObject({ json: { state: 'waiting' } });
    const given = await askHere(`/plans/${first.planId}/execute`, {});
    expect(await follow(given)).toMatchObject({ state: 'done', result: { isDryRun: true } });
    await database.inTransaction((client) => revokeApiKey(client, key.split('_')[1] ?? '', 'test'));
    await call('POST', `${running}/stop`);
    await follow(running);
    expect(await follow(waiting)).toMatchObject({
      state: 'failed',
      requestedBy: key.split('_')[1],
      failure: 'The API key of the operator who asked for it does not hold any more.',
    });
    expect(await left(second.studies)).toBe(1);
    for (const path of [first.path, second.path])
      expect(await doHere(path, { dryRun: false })).toMatchObject({ result: { isEnded: true } });
  });
});
