import { afterEach, describe, expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { KEYS, requestAs, route, startApp } from './testing/start-app.ts';

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});
async function start(...args: Parameters<typeof startApp>) {
  const app = await startApp(...args);
  stop.push(() => app.close());
  return app;
}

const hello = () => jsonAnswer(200, { hello: 'world' });

describe('browsers', () => {
  it('may not reach the single user under another name', async () => {
    const app = await start([route(hello)]);
    const rebound = await requestAs(`${app.url}/studies/1`, { host: 'evil.example' });
    expect(rebound.status).toBe(421);
    expect(rebound.text).toContain('foreign-host');
    expect((await requestAs(`${app.url}/studies/1`, { host: 'localhost:8080' })).status).toBe(200);
    expect(app.audit.events).toHaveLength(1);
  });

  it('may not be sent here by another site to change something', async () => {
    const app = await start([route(hello, { method: 'POST', action: 'store' })]);
    const post = (headers: Record<string, string>) => requestAs(`${app.url}/studies/1`, headers, 'POST');
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site' })).text).toContain('cross-site');
    expect((await post({ origin: app.url })).status).toBe(200);
    expect((await post({})).status).toBe(200);
  });

  it('of allowed viewers may read; Vary is united with the handler’s', async () => {
    const settings = { ...KEYS, authMode: 'single-user', corsOrigins: ['https://viewer.kz'] } as const;
    const app = await start([route(() => jsonAnswer(200, 1, { Vary: 'Accept' }))], { settings });
    const allowed = await requestAs(`${app.url}/studies/1`, { origin: 'https://viewer.kz' });
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://viewer.kz',
      vary: 'Origin, Accept',
    });
    const other = await requestAs(`${app.url}/studies/1`, { origin: 'https://evil.example' });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    const preflight = await requestAs(`${app.url}/studies/1`, { origin: 'https://viewer.kz' }, 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS');
  });
});

it('links begin with the public address, and the client is who the trusted proxy saw', async () => {
  const settings = {
    ...KEYS,
    authMode: 'single-user',
    publicUrl: 'https://archive.kz/pacs',
    trustedProxies: 1,
  } as const;
  const app = await start(
    [route(({ baseUrl, remoteAddress }) => jsonAnswer(200, { baseUrl, remoteAddress }))],
    { settings },
  );
  const answer = await app.get('/studies/1', { headers: { 'x-forwarded-for': '6.6.6.6, 10.1.2.3' } });
  expect(await answer.json()).toEqual({ baseUrl: 'https://archive.kz/pacs', remoteAddress: '10.1.2.3' });
  expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
});
