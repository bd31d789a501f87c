import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { HttpError } from './errors.ts';
import { exchangeRaw, route, startApp } from './testing/start-app.ts';

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});
async function start(...args: Parameters<typeof startApp>) {
  const app = await startApp(...args);
  stop.push(() => app.close({ graceMs: 100 }));
  return app;
}

describe('a request with a body', () => {
  const store = { method: 'POST', action: 'store' } as const;

  it('is read as it comes', async () => {
    const bytes = randomBytes(5_000_000);
    const app = await start([
      route(async ({ body, contentLength }) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        return jsonAnswer(200, { same: Buffer.concat(chunks).equals(bytes), contentLength });
      }, store),
    ]);
    const answer = await app.get('/studies/1', { method: 'POST', body: bytes });
    expect(await answer.json()).toEqual({ same: true, contentLength: 5_000_000 });
  });

  it('whose reader gives up midway still gets its answer, and the connection goes on', async () => {
    const app = await start([
      route(async ({ body }) => {
        for await (const chunk of body)
          throw new HttpError('bad-request', `Refused after ${Math.sign(chunk.length)} chunk.`);
        return jsonAnswer(200, 'empty');
      }, store),
      route(() => jsonAnswer(200, 'next'), { path: '/next' }),
    ]);
    const size = 5_000_000;
    const head = `POST /studies/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`;
    const next = 'GET /next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const { text, ended } = await exchangeRaw(app.port, head + 'x'.repeat(size) + next);
    expect(ended).toBe('end');
    expect(text).toContain('Refused after 1 chunk.');
    expect(text).toMatch(/HTTP\/1\.1 400[^]*HTTP\/1\.1 200[^]*"next"$/);
  });

  it('that nobody reads still gets its answer, even if it closes the connection', async () => {
    const app = await start([route(() => jsonAnswer(200, 'unread'), store)]);
    const size = 8_000_000;
    const head = `POST /studies/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`;
    const { text, ended } = await exchangeRaw(app.port, head + 'x'.repeat(size));
    expect(ended).toBe('end');
    expect(text).toContain('"unread"');
  });

  it('larger than the archive lingers for is cut off after its answer', async () => {
    const app = await start([route(() => jsonAnswer(200, 'unread'), store)]);
    let received = '';
    let sent = 0;
    const socket = connect(app.port, '127.0.0.1');
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    const closed = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    socket.write('POST /studies/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n');
    const chunk = Buffer.alloc(1_000_000);
    const pump = () => {
      while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
    };
    socket.on('drain', pump);
    pump();
    await closed;
    expect(received).toContain('"unread"');
    expect(sent).toBeLessThan(300_000_000);
  });

  it('is asked for only when it is read (Expect: 100-continue)', async () => {
    const app = await start([
      route(async ({ body }) => {
        for await (const chunk of body) return jsonAnswer(200, chunk.length);
        return jsonAnswer(200, 0);
      }, store),
      route(() => jsonAnswer(503, 'no'), { ...store, path: '/refused' }),
    ]);
    const ask = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`;
    const refused = await exchangeRaw(app.port, ask('/refused'));
    expect(refused.text).toMatch(/^HTTP\/1\.1 503/);
    const taken = await exchangeRaw(app.port, `${ask('/studies/1')}12345`);
    expect(taken.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  });

  it('whose client leaves midway fails its reader; nothing is logged as an error of ours', async () => {
    let failure: unknown;
    const app = await start([
      route(async ({ body, signal }) => {
        let bytes = 0;
        try {
          for await (const chunk of body) bytes += chunk.length;
        } catch (error) {
          failure = { error, aborted: signal.aborted };
          throw error;
        }
        return jsonAnswer(200, bytes);
      }, store),
    ]);
    const socket = connect(app.port, '127.0.0.1');
    socket.write('POST /studies/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc');
    await sleep(50);
    socket.destroy();
    await vi.waitUntil(() => failure !== undefined && app.lines.length > 0, { timeout: 10_000 });
    expect(app.lines).toMatchObject([{ event: 'request', outcome: 'client-left' }]);
  });
});
