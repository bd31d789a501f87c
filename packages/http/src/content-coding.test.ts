import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { acceptsGzip } from './content-coding.ts';
import { requestAs, route, startApp } from './testing/start-app.ts';

describe('acceptsGzip', () => {
  it.each([
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['deflate;q=1, GZIP;q=0.5', true],
    ['*', true],
    ['br', false],
    ['gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['identity', false],
    ['', false],
    [undefined, false],
  ])('%s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

const long = JSON.stringify({ text: 'a'.repeat(5_000) });

/** What a client that takes gzip gets of an answer, as it is on the wire. */
async function wire(answer: Answer, method = 'GET') {
  const app = await startApp([route(() => answer)]);
  stop.push(() => app.close());
  return requestAs(`${app.url}/studies/1`, { 'accept-encoding': 'gzip' }, method);
}

describe('answers on the wire', () => {
  it.each([
    'application/dicom+json',
    'application/problem+json',
    'application/vnd.sun.wadl+xml',
    'text/html; charset=utf-8',
    'multipart/related; type="application/dicom+xml"; boundary=a',
  ])('%s is compressed, and says so', async (type) => {
    const app = await startApp([
      route(() => ({ status: 200, headers: { 'Content-Type': type, Vary: 'Accept' }, body: long })),
    ]);
    stop.push(() => app.close());
    const answer = await app.get('/studies/1', { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.headers.get('vary')).toBe('Accept, Accept-Encoding');
    expect(await answer.text()).toBe(long);
    const plain = await app.get('/studies/1', { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('vary')).toBe('Accept, Accept-Encoding');
  });

  it.each<[string, Answer]>([
    ['pixels', { status: 200, headers: { 'Content-Type': 'application/dicom' }, body: long }],
    ['pictures', { status: 200, headers: { 'Content-Type': 'image/jpeg' }, body: long }],
    [
      'parts of instances',
      { status: 200, headers: { 'Content-Type': 'multipart/related; type="application/dicom"' }, body: long },
    ],
    ['short texts', { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{}' }],
    [
      'what has a strong tag',
      { status: 200, headers: { 'Content-Type': 'application/json', ETag: '"1"' }, body: long },
    ],
    [
      'what is compressed already',
      { status: 200, headers: { 'Content-Type': 'text/plain', 'Content-Encoding': 'br' }, body: long },
    ],
  ])('%s are left as they are', async (_what, answer) => {
    const { headers, text } = await wire(answer);
    expect(headers['content-encoding']).not.toBe('gzip');
    expect(text).toBe(answer.body);
  });

  it('HEAD names the length that GET has', async () => {
    const answer = { status: 200, headers: { 'Content-Type': 'application/json' }, body: long };
    const got = await wire(answer);
    const head = await wire(answer, 'HEAD');
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
    expect(Number(head.headers['content-length'])).toBeLessThan(500);
  });
});
