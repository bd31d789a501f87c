import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
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

describe('an answer in pieces', () => {
  it('is sent with its length, and its memory is given back when it has gone', async () => {
    const bytes = randomBytes(2_000_000);
    let sent = 0;
    const onSent = () => {
      sent += 1;
    };
    const pieces = [bytes.subarray(0, 10), bytes.subarray(10, 10), bytes.subarray(10)];
    const app = await start([route(() => ({ status: 200, body: pieces, onSent }))]);
    const answer = await app.get('/studies/1');
    expect(answer.headers.get('content-length')).toBe('2000000');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    await until(() => sent === 1);
  });

  it('whose client does not take it keeps its memory', async () => {
    let sent = 0;
    const onSent = () => {
      sent += 1;
    };
    const pieces = [Buffer.alloc(64 * 1024 * 1024)];
    const app = await start([route(() => ({ status: 200, body: pieces, onSent }))]);
    const socket = connect(app.port, '127.0.0.1');
    socket.write('GET /studies/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    expect(sent).toBe(0);
    socket.destroy();
    await sleep(50);
    expect(sent).toBe(0);
  });
});

describe('a streamed answer', () => {
  it('is asked for more only when a large chunk has left the process', async () => {
    const size = 8 * 1024 * 1024;
    let asked = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      const memory = Buffer.alloc(size);
      for (let index = 1; index <= 3; index += 1) {
        asked += 1;
        yield memory.fill(index);
      }
    }
    const app = await start([route(() => ({ status: 200, body: source() }))]);
    const received = Buffer.from(await (await app.get('/studies/1')).arrayBuffer());
    expect(received).toHaveLength(3 * size);
    for (let index = 0; index < received.length; index += 4099) {
      if (received[index] !== Math.floor(index / size) + 1)
        throw new Error(`byte ${index} is another chunk's`);
    }
    expect(asked).toBe(3);
  });

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
