import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { conditioned } from './conditions.ts';

const DATE = 'Wed, 21 Oct 2015 07:28:00 GMT';
const LATER = 'Wed, 21 Oct 2015 07:28:01 GMT';

function statusOf(headers: Record<string, string>, answer: Partial<Answer> = {}, method = 'GET'): number {
  const request = { method, headers } as unknown as IncomingMessage;
  const given = { status: 200, headers: { ETag: '"1"', 'Last-Modified': DATE }, body: 'a', ...answer };
  try {
    return conditioned(request, given).status;
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'precondition-failed') return 412;
    throw error;
  }
}

describe('conditions, in the order of RFC 9110 §13.2.2', () => {
  it.each<[Record<string, string>, number]>([
    [{}, 200],
    [{ 'if-match': '"1"' }, 200],
    [{ 'if-match': '"2"' }, 412],
    [{ 'if-match': 'W/"1"' }, 412],
    [{ 'if-match': '"2"', 'if-none-match': '"1"' }, 412],
    [{ 'if-unmodified-since': DATE }, 200],
    [{ 'if-unmodified-since': 'Wed, 21 Oct 2015 07:27:59 GMT' }, 412],
    [{ 'if-match': '"1"', 'if-unmodified-since': 'Wed, 21 Oct 2015 07:27:59 GMT' }, 200],
    [{ 'if-none-match': '"1"' }, 304],
    [{ 'if-none-match': 'W/"1"' }, 304],
    [{ 'if-none-match': '"2"' }, 200],
    [{ 'if-none-match': '"2"', 'if-modified-since': LATER }, 200],
    [{ 'if-modified-since': DATE }, 304],
    [{ 'if-modified-since': 'Wed, 21 Oct 2015 07:27:59 GMT' }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
  ])('%j is %i', (headers, status) => {
    expect(statusOf(headers)).toBe(status);
    expect(statusOf(headers, {}, 'HEAD')).toBe(status);
  });

  it('mean nothing where there is no validator, no success, or another method', () => {
    const all = { 'if-match': '"2"', 'if-none-match': '"1"', 'if-modified-since': LATER };
    expect(statusOf(all, { headers: {} })).toBe(200);
    expect(statusOf(all, { status: 404 })).toBe(404);
    expect(statusOf(all, {}, 'POST')).toBe(200);
  });

  it('a weak tag matches weakly, never strongly', () => {
    const headers = { etag: 'W/"1"' };
    expect(statusOf({ 'if-none-match': '"1"' }, { headers })).toBe(304);
    expect(statusOf({ 'if-match': 'W/"1"' }, { headers })).toBe(412);
  });

  it('304 keeps what describes the representation, and ends the stream', () => {
    let isEnded = false;
    const body = { destroy: () => (isEnded = true), [Symbol.asyncIterator]: () => ({}) };
    const answer = conditioned(
      { method: 'GET', headers: { 'if-none-match': '*' } } as unknown as IncomingMessage,
      {
        status: 200,
        headers: { ETag: '"1"', 'Content-Type': 'a/b', Vary: 'Accept', 'Cache-Control': 'no-cache' },
        body: body as unknown as AsyncIterable<Uint8Array>,
      },
    );
    expect(answer).toEqual({
      status: 304,
      headers: { ETag: '"1"', Vary: 'Accept', 'Cache-Control': 'no-cache' },
    });
    expect(isEnded).toBe(true);
  });
});
