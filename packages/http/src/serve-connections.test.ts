import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createMetrics } from '@sandyq/telemetry';
import { expect, it } from 'vitest';
import { serveConnections } from './serve-connections.ts';
import { shareConnections } from './share-connections.ts';
import { exchangeRaw } from './testing/start-app.ts';

async function share(listener: RequestListener, maxConnections = 10) {
  const metrics = createMetrics();
  const server = serveConnections(listener, { maxConnections, metrics });
  const shared = await shareConnections({
    host: '127.0.0.1',
    port: 0,
    give: (connection) => server.take(connection),
  });
  return { ...shared, server, metrics };
}

/** A connection that stays open, and the first bytes of what it is answered: none where it is refused. */
async function ask(port: number, path: string): Promise<{ socket: Socket; text: string }> {
  const socket = connect(port, '127.0.0.1');
  // Told by its end.
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const text = await new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(String(data)));
    socket.once('close', () => resolve(''));
  });
  return { socket, text };
}

it('serves what was accepted elsewhere, also a second request and a client that has said all it will', async () => {
  const { url, port, server, close } = await share((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => setTimeout(() => response.end(`${request.url} ${bytes}`), 20));
  });
  const body = Buffer.alloc(3_000_000);
  for (const path of ['/1', '/2']) {
    const answer = await fetch(url + path, { method: 'POST', body });
    expect(await answer.text()).toBe(`${path} 3000000`);
  }
  const halfOpen = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  halfOpen.end('GET /half HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const ended = new Promise((resolve) => halfOpen.once('close', resolve));
  halfOpen.resume();
  await ended;
  close();
  expect(await server.close()).toBe(0);
});

it('refuses and counts connections beyond the bound, and has room again when one has gone', async () => {
  const { port, server, metrics, close } = await share((_, response) => response.end('x'), 1);
  const first = await ask(port, '/');
  expect((await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')).text).toBe('');
  expect(await metrics.render()).toContain('sandyq_http_connections_dropped_total 1');
  const closed = new Promise((resolve) => first.socket.once('close', resolve));
  first.socket.destroy();
  await closed;
  await expect.poll(async () => (await ask(port, '/')).text).toContain('200 OK');
  close();
  await server.close();
});

it('when it closes, idle connections end at once and requests in progress are answered', async () => {
  const release = Promise.withResolvers<void>();
  const { port, url, server, close } = await share((request, response) => {
    if (request.url === '/quick') response.end('quick');
    else void release.promise.then(() => response.end('finished'));
  });
  const idle = await ask(port, '/quick');
  const idleEnded = new Promise((resolve) => idle.socket.once('close', resolve));
  const running = fetch(`${url}/slow`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  close();
  let isClosed = false;
  const closing = server.close().then((count) => ((isClosed = true), count));
  await idleEnded;
  expect(isClosed).toBe(false);
  release.resolve();
  const answer = await running;
  expect(answer.headers.get('connection')).toBe('close');
  expect(await answer.text()).toBe('finished');
  expect(await closing).toBe(0);
});

it('breaks off what does not finish in time', async () => {
  const { url, server, close } = await share(() => undefined);
  const running = fetch(url).catch(() => 'broken off');
  await new Promise((resolve) => setTimeout(resolve, 50));
  close();
  expect(await server.close({ graceMs: 100 })).toBe(1);
  expect(await running).toBe('broken off');
});
