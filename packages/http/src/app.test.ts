import type { Principal } from '@sandyq/auth';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, jsonAnswer } from './answer.ts';
import type { Route } from './route.ts';
import { authenticateAs, KEYS, route, startApp } from './testing/start-app.ts';

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});
async function start(...args: Parameters<typeof startApp>) {
  const app = await startApp(...args);
  stop.push(() => app.close());
  return app;
}

const radiologist: Principal = { kind: 'person', id: 'r1', name: 'R', roles: ['radiologist'] };
const ofHospital: Principal = { ...radiologist, id: 'r2', facilityId: '7' };
const scanner: Principal = { kind: 'device', id: 's1', name: 'S', roles: ['scanner'], facilityId: '7' };
const withKeys = { authenticate: authenticateAs({ radiologist, ofHospital, scanner }), settings: KEYS };
const as = (name: string) => ({ headers: { authorization: `Bearer ${name}` } });
const hello = () => jsonAnswer(200, { hello: 'world' });

describe('a request', () => {
  it('reaches its handler with parameters, query and principal, and its answer comes back whole', async () => {
    const app = await start([
      route(({ params, query, principal, rawQuery, baseUrl, method }) =>
        jsonAnswer(
          200,
          { params, q: query.getAll('q'), rawQuery, kind: principal.kind, baseUrl, method },
          { ETag: '"1"' },
        ),
      ),
    ]);
    const answer = await app.get('/studies/1.2%203?q=a&q=%D0%98');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      params: { study: '1.2 3' },
      q: ['a', 'И'],
      rawQuery: 'q=a&q=%D0%98',
      kind: 'single-user',
      baseUrl: app.url,
      method: 'GET',
    });
  });

  it('has defensive headers and a request id; the id of a proxy is kept if it is a UUID', async () => {
    const app = await start([route(hello)]);
    const { headers } = await app.get('/studies/1');
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const id = '0190c0de-0000-7000-8000-000000000001';
    expect(
      (await app.get('/studies/1', { headers: { 'x-request-id': id } })).headers.get('x-request-id'),
    ).toBe(id);
    const named = await app.get('/studies/1', { headers: { 'x-request-id': 'Ivanov' } });
    expect(named.headers.get('x-request-id')).not.toBe('Ivanov');
  });

  it('is logged by route, never by URL, and counted', async () => {
    const app = await start([route(hello)]);
    await (await app.get('/studies/1.2.826.0.1?PatientName=Ivanov')).text();
    await app.close();
    expect(app.lines).toMatchObject([
      {
        event: 'request',
        method: 'GET',
        route: '/studies/:study',
        status: 200,
        outcome: 'complete',
        sentBytes: 17,
        principal: 'single-user',
        requestId: expect.any(String),
        durationMs: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(app.lines)).not.toMatch(/Ivanov|1\.2\.826/);
    const text = await app.metrics.render();
    expect(text).toContain('http_requests_total{route="/studies/:study",method="GET",status="2xx"} 1');
    expect(text).toContain('sandyq_http_requests_in_flight 0');
    expect(text).not.toMatch(/Ivanov|1\.2\.826/);
  });
});

describe('methods', () => {
  const routes: Route[] = [route(hello), route(hello, { method: 'POST', action: 'store' })];

  it('HEAD is GET without the body, with its length', async () => {
    const app = await start(routes);
    const answer = await app.get('/studies/1', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('17');
    expect(await answer.text()).toBe('');
    expect(app.audit.events).toHaveLength(1);
  });

  it('OPTIONS says what there is', async () => {
    const app = await start(routes);
    const answer = await app.get('/studies/1', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
  });

  it('others are 405 with Allow, unknown paths 404, broken encoding 400', async () => {
    const app = await start(routes);
    const refused = await app.get('/studies/1', { method: 'DELETE' });
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
    expect(await refused.json()).toMatchObject({ error: 'method-not-allowed', status: 405 });
    const unknown = await app.get('/nothing');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: 'not-found' });
    const broken = await app.get('/studies/%E0%A4%A');
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error: 'bad-request' });
  });
});

describe('access', () => {
  it('needs a credential: 401 with challenges, audited, handler not run', async () => {
    let ran = false;
    const app = await start([route(() => ((ran = true), hello()))], withKeys);
    const answer = await app.get('/studies/1.2.3');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="Sandyq", Basic realm="Sandyq", charset="UTF-8"',
    );
    expect(await answer.json()).toMatchObject({
      error: 'unauthenticated',
      requestId: answer.headers.get('x-request-id'),
    });
    expect((await app.get('/studies/1.2.3', as('nobody'))).status).toBe(401);
    expect(ran).toBe(false);
    expect(app.audit.events).toMatchObject([
      {
        principalKind: 'none',
        principalId: 'none',
        allowed: false,
        reason: 'no-credential',
        studyInstanceUid: '1.2.3',
      },
      { allowed: false, reason: 'unknown-key' },
    ]);
  });

  it('needs the role: 403, audited', async () => {
    const app = await start([route(hello)], withKeys);
    const answer = await app.get('/studies/1.2.3', as('scanner'));
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: 'forbidden' });
    expect(app.audit.events).toMatchObject([
      { principalId: 's1', allowed: false, reason: 'role-forbids', facilityId: '7' },
    ]);
  });

  it('is on record when it is granted: who, what, when, on what, from where', async () => {
    const now = new Date('2026-01-31T10:00:00Z');
    const app = await start([route(hello)], { ...withKeys, now: () => now });
    const answer = await app.get('/studies/1.2.3', as('radiologist'));
    expect(app.audit.events).toEqual([
      {
        occurredAt: now,
        requestId: answer.headers.get('x-request-id'),
        principalKind: 'person',
        principalId: 'r1',
        action: 'retrieve',
        allowed: true,
        reason: 'role-permits',
        studyInstanceUid: '1.2.3',
        remoteAddress: '127.0.0.1',
      },
    ]);
  });

  it('of one confined to a facility needs a route that keeps to it', async () => {
    const keeping = route(({ decision }) => jsonAnswer(200, decision), {
      path: '/keeping',
      keepsToFacility: true,
    });
    const app = await start([route(hello), keeping], withKeys);
    expect((await app.get('/studies/1', as('ofHospital'))).status).toBe(403);
    expect(app.audit.events).toMatchObject([{ allowed: false, reason: 'not-confinable', facilityId: '7' }]);
    const answer = await app.get('/keeping', as('ofHospital'));
    expect(await answer.json()).toEqual({ allowed: true, reason: 'role-permits', confinedTo: '7' });
  });

  it('is not audited where no patient data is', async () => {
    const app = await start([route(hello, { path: '/devices', action: 'administer', patientData: false })]);
    expect((await app.get('/devices')).status).toBe(200);
    expect(app.audit.events).toEqual([]);
  });
});

describe('errors', () => {
  class StorageError extends Error {
    override readonly name = 'StorageError';
    readonly code = 'unavailable';
  }
  const throwing = (error: unknown, more = {}) =>
    route(async () => {
      throw error;
    }, more);

  it('of a handler are problems by the table, with a time to come back', async () => {
    const app = await start([throwing(new StorageError('the bucket sandyq is away'))]);
    const answer = await app.get('/studies/1');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('10');
    const body: unknown = await answer.json();
    expect(body).toEqual({
      title: 'Service Unavailable',
      status: 503,
      error: 'unavailable',
      message: expect.not.stringContaining('bucket'),
      requestId: answer.headers.get('x-request-id'),
    });
    expect(app.lines).toContainEqual(
      expect.objectContaining({
        event: 'request-failed',
        error: expect.objectContaining({ code: 'unavailable' }),
      }),
    );
  });

  it('that nobody foresaw say nothing of themselves, to the client or to the log', async () => {
    const app = await start([throwing(new TypeError("Cannot read 'Ivanov' of undefined"))]);
    const answer = await app.get('/studies/1');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('Ivanov');
    expect(JSON.stringify(app.lines)).not.toContain('Ivanov');
    expect(app.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        event: 'request-failed',
        error: expect.objectContaining({ type: 'TypeError' }),
      }),
    );
  });

  it('may be things that are no errors', async () => {
    const app = await start([throwing('Ivanov'), throwing(undefined, { path: '/x' })]);
    expect((await app.get('/studies/1')).status).toBe(500);
    expect((await app.get('/x')).status).toBe(500);
  });
});

it('a path of many segments is one parameter', async () => {
  const pages: Route = {
    method: 'GET',
    path: '/viewer/*path',
    action: 'open-pages',
    patientData: false,
    handler: ({ params }): Answer => ({ status: 200, body: params['path'] ?? '' }),
  };
  const app = await start([pages], withKeys);
  expect(await (await app.get('/viewer/a/b.js')).text()).toBe('a/b.js');
});
