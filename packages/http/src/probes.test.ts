import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics, recordingLogger } from '@sandyq/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { type ProbeOptions, probeRoutes } from './probes.ts';
import { authenticateAs, KEYS, startApp } from './testing/start-app.ts';

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

async function start(options: Partial<ProbeOptions>) {
  const clock = { now: 0 };
  const stopping = new AbortController();
  const { logger, lines: probeLines } = recordingLogger();
  const metrics = createMetrics();
  metrics.counter({ name: 'stored_total', help: 'Stored.' }).add(3);
  const routes = probeRoutes({
    checks: [],
    metrics,
    logger,
    stopping: stopping.signal,
    openMetrics: false,
    monotonicMs: () => clock.now,
    ...options,
  });
  const administrator = {
    kind: 'person',
    id: 'a',
    name: 'A',
    roles: ['administrator'],
    facilityId: '1',
  } as const;
  const app = await startApp(routes, { authenticate: authenticateAs({ administrator }), settings: KEYS });
  stop.push(() => app.close());
  const ready = async () => {
    const answer = await app.get('/readyz');
    return { status: answer.status, body: await answer.json() };
  };
  return { ...app, clock, stopping, probeLines, ready };
}

describe('/healthz', () => {
  it('answers while the process does, to anyone', async () => {
    const failing = { name: 'database', check: () => Promise.reject(new Error('away')) };
    const app = await start({ checks: [failing] });
    const answer = await app.get('/healthz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ok' });
  });
});

describe('/readyz', () => {
  it('names each check', async () => {
    const database = { name: 'database', check: () => Promise.resolve() };
    const store = { name: 'object-store', check: () => Promise.reject(new Error('secret place')) };
    const app = await start({ checks: [database, store] });
    expect(await app.ready()).toEqual({
      status: 503,
      body: { ready: false, checks: { database: 'ok', 'object-store': 'failed' } },
    });
  });

  it('gives a check a limit and its signal', async () => {
    let aborted = false;
    const hanging = {
      name: 'database',
      check: (signal: AbortSignal) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise<void>(() => undefined);
      },
    };
    const app = await start({ checks: [hanging], timeLimitMs: 20 });
    expect(await app.ready()).toEqual({
      status: 503,
      body: { ready: false, checks: { database: 'timed-out' } },
    });
    expect(aborted).toBe(true);
  });

  it('runs the checks once for all who ask in a second, and logs changes only', async () => {
    let runs = 0;
    let away = true;
    const check = async () => {
      runs += 1;
      await sleep(5);
      if (away) throw new Error('away');
    };
    const app = await start({ checks: [{ name: 'database', check }] });
    await Promise.all([app.ready(), app.ready(), app.ready()]);
    app.clock.now = 999;
    await app.ready();
    expect(runs).toBe(1);
    app.clock.now = 1000;
    await app.ready();
    away = false;
    app.clock.now = 2000;
    expect(await app.ready()).toMatchObject({ status: 200, body: { ready: true } });
    expect(runs).toBe(3);
    expect(app.probeLines).toMatchObject([
      { level: 'warn', event: 'check-fails', check: 'database', outcome: 'failed' },
      { level: 'info', event: 'check-passes-again', check: 'database' },
    ]);
  });

  it('is not ready once the service stops', async () => {
    const app = await start({});
    expect(await app.ready()).toMatchObject({ status: 200 });
    app.stopping.abort();
    expect(await app.ready()).toMatchObject({ status: 503, body: { ready: false } });
    expect((await app.get('/healthz')).status).toBe(200);
  });
});

describe('/metrics', () => {
  it('needs a credential', async () => {
    const app = await start({});
    expect((await app.get('/metrics')).status).toBe(401);
    const answer = await app.get('/metrics', { headers: { authorization: 'Bearer administrator' } });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toContain('sandyq_stored_total 3');
  });

  it('unless it is open', async () => {
    const app = await start({ openMetrics: true });
    expect(await (await app.get('/metrics')).text()).toContain('sandyq_stored_total 3');
  });
});
