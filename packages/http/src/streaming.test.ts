import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
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

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1) await sleep(10);
  expect(condition()).toBe(true);
}

/** Yields parts, then fails if told to. */
async function* parts(count: number, { size = 10, failAt = -1 } = {}): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) {
    if (index === failAt) throw new Error('damaged');
    yield Buffer.alloc(size, index);
    await sleep(0);
  }
}

describe('a streamed answer', () => {
  it('arrives whole, from a generator and from a Readable', async () => {
    const bytes = randomBytes(3_000_000);
    const pieces = Array.from({ length: 30 }, (_, index) =>
      bytes.subarray(index * 100_000, (index + 1) * 100_000),
    );
    const app = await start([
      route(() => ({ status: 200, body: Readable.from(pieces) }), { path: '/readable' }),
      route(() => ({
        status: 206,
        headers: { 'Content-Length': bytes.length },
        body: Readable.from(pieces),
      })),
    ]);
    const chunked = await app.get('/readable');
    expect(Buffer.from(await chunked.arrayBuffer()).equals(bytes)).toBe(true);
    const sized = await app.get('/studies/1');
    expect(sized.status).toBe(206);
    expect(sized.headers.get('content-length')).toBe('3000000');
    expect(Buffer.from(await sized.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('may be empty', async () => {
    const app = await start([route(() => ({ status: 200, body: parts(0) }))]);
    expect(await (await app.get('/studies/1')).text()).toBe('');
  });

  it('whose source fails at once is an ordinary error', async () => {
    const app = await start([
      route(() => ({ status: 200, headers: { ETag: '"1"' }, body: parts(3, { failAt: 0 }) })),
    ]);
    const answer = await app.get('/studies/1');
    expect(answer.status).toBe(500);
    expect(answer.headers.get('etag')).toBeNull();
  });

  it.each(['HTTP/1.1', 'HTTP/1.0'])(
    'whose source fails midway is a broken transfer for %s',
    async (version) => {
      const app = await start([route(() => ({ status: 200, body: parts(5, { failAt: 3 }) }))]);
      const { text, ended } = await exchangeRaw(
        app.port,
        `GET /studies/1 ${version}\r\nHost: localhost\r\n\r\n`,
      );
      expect(ended).toBe('ECONNRESET');
      expect(text).not.toContain('\r\n0\r\n\r\n');
      await until(() => app.lines.some(({ event }) => event === 'request'));
      expect(app.lines).toMatchObject([
        { level: 'error', event: 'answer-broken' },
        { event: 'request', outcome: 'source-failed', sentBytes: 30 },
      ]);
    },
  );

  it.each([
    ['shorter', 31],
    ['longer', 29],
  ])('%s than its Content-Length is a broken transfer', async (_, declared) => {
    const app = await start([
      route(() => ({ status: 200, headers: { 'content-length': declared }, body: parts(3) })),
    ]);
    const { text, ended } = await exchangeRaw(app.port, 'GET /studies/1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(ended).toBe('ECONNRESET');
    expect(text.slice(text.indexOf('\r\n\r\n') + 4).length).toBeLessThanOrEqual(declared);
  });

  it('ends its source when the client leaves, and aborts the signal', async () => {
    let returned = false;
    let aborted = false;
    async function* endless(signal: AbortSignal) {
      signal.addEventListener('abort', () => (aborted = true));
      try {
        while (!signal.aborted) {
          yield Buffer.alloc(65_536);
          await sleep(1);
        }
      } finally {
        returned = true;
      }
    }
    const readable = new Readable({ read: () => undefined });
    readable.push('first');
    const app = await start([
      route(({ signal }) => ({ status: 200, body: endless(signal) })),
      route(() => ({ status: 200, body: readable }), { path: '/stuck' }),
    ]);
    for (const path of ['/studies/1', '/stuck']) {
      const socket = connect(app.port, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
    }
    await until(() => returned && aborted && readable.destroyed);
    await until(() => app.lines.filter(({ outcome }) => outcome === 'client-left').length === 2);
    expect(app.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('does not run ahead of a client that reads slowly', async () => {
    let made = 0;
    async function* counted() {
      for (; made < 200; made += 1) yield Buffer.alloc(1_000_000);
    }
    const app = await start([route(() => ({ status: 200, body: counted() }))]);
    const socket = connect(app.port, '127.0.0.1');
    socket.pause();
    socket.write('GET /studies/1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await sleep(300);
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(60);
    socket.destroy();
  });

  it('is not begun for HEAD', async () => {
    let begun = false;
    async function* body() {
      begun = true;
      yield Buffer.from('x');
    }
    const app = await start([route(() => ({ status: 200, headers: { 'Content-Length': 1 }, body: body() }))]);
    const answer = await app.get('/studies/1', { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe('1');
    expect(begun).toBe(false);
  });
});

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
    await until(() => failure !== undefined && app.lines.length > 0);
    expect(app.lines).toMatchObject([{ event: 'request', outcome: 'client-left' }]);
  });
});
