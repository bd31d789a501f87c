import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics } from '@sandyq/telemetry';
import { describe, expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { type RunningServer, serve } from './serve.ts';
import { exchangeRaw, route, startApp } from './testing/start-app.ts';

const options = { host: '127.0.0.1', port: 0, maxConnections: 10, metrics: createMetrics() };

async function refusal(host: string, port: number) {
  try {
    const server = await serve(() => undefined, { ...options, host, port });
    await server.close();
  } catch (error) {
    return error;
  }
  throw new Error('it listens');
}

describe('listening', () => {
  it('says which setting to change when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    expect(await refusal('127.0.0.1', port)).toMatchObject({
      code: 'port-taken',
      message: expect.stringMatching(
        new RegExp(`^127\\.0\\.0\\.1:${port} is taken.*SANDYQ_PORT=${port + 1}\\.$`),
      ),
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('says so when the address is not of this machine', async () => {
    expect(await refusal('192.0.2.1', 0)).toMatchObject({
      code: 'address-unavailable',
      message: expect.stringContaining('SANDYQ_HOST'),
    });
  });

  it('takes long request lines and refuses endless ones', async () => {
    const app = await startApp([route(({ query }) => jsonAnswer(200, query.get('q')?.length))]);
    expect(await (await app.get(`/studies/1?q=${'1'.repeat(50_000)}`)).json()).toBe(50_000);
    const head = (length: number) =>
      `GET /studies/1?q=${'1'.repeat(length)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect((await exchangeRaw(app.port, head(70_000))).text).toMatch(/^HTTP\/1\.1 414 /);
    expect((await exchangeRaw(app.port, head(140_000))).text).toMatch(/^HTTP\/1\.1 431 /);
    await app.close();
  });
});

describe('stopping', () => {
  it('ends idle connections at once and waits for a request in progress', async () => {
    const release = Promise.withResolvers<undefined>();
    const app = await startApp([
      route(async () => {
        await release.promise;
        return jsonAnswer(200, 'finished');
      }),
      route(() => jsonAnswer(200, 'quick'), { path: '/quick' }),
    ]);
    const idle = connect(app.port, '127.0.0.1');
    idle.write('GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    const idleEnded = new Promise((resolve) => idle.once('close', resolve));

    const running = app.get('/studies/1');
    await sleep(50);
    let closed = false;
    const closing = app.close().then((count) => ((closed = true), count));
    await idleEnded;
    expect(closed).toBe(false);
    await expect(fetch(`${app.url}/quick`)).rejects.toThrow('fetch failed');
    release.resolve(undefined);
    const answer = await running;
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.json()).toBe('finished');
    expect(await closing).toBe(0);
  });

  it('ends connections on which nothing was ever asked', { timeout: 20_000 }, async () => {
    const app = await startApp([route(() => jsonAnswer(200, 1))]);
    const unused = connect(app.port, '127.0.0.1');
    await new Promise((resolve) => unused.once('connect', resolve));
    const ended = new Promise((resolve) => unused.once('close', resolve));
    await (await app.get('/studies/1')).json();
    expect(await app.close({ graceMs: 60_000 })).toBe(0);
    await ended;
  });

  it('lets a stream that has begun finish, then ends its connection', async () => {
    async function* slow() {
      for (let index = 0; index < 5; index += 1) {
        yield Buffer.from(String(index));
        await sleep(30);
      }
    }
    const app = await startApp([route(() => ({ status: 200, body: slow() }))]);
    const answer = await app.get('/studies/1');
    const since = performance.now();
    const closing = app.close();
    expect(await answer.text()).toBe('01234');
    expect(await closing).toBe(0);
    expect(performance.now() - since).toBeLessThan(2000);
  });

  it('breaks off what does not finish in time', async () => {
    const app = await startApp([route(() => new Promise(() => undefined))]);
    const running = app.get('/studies/1').catch(() => 'broken off');
    await sleep(50);
    const since = performance.now();
    expect(await app.close({ graceMs: 100 })).toBe(1);
    expect(performance.now() - since).toBeLessThan(2000);
    expect(await running).toBe('broken off');
  });
});

it('connections beyond the bound are refused and counted', async () => {
  const metrics = createMetrics();
  const server: RunningServer = await serve((_, response) => response.end('x'), {
    ...options,
    maxConnections: 1,
    metrics,
  });
  const first = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => first.once('connect', resolve));
  const second = await exchangeRaw(server.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(second.text).toBe('');
  expect(await metrics.render()).toContain('sandyq_http_connections_dropped_total 1');
  first.destroy();
  await server.close();
});
