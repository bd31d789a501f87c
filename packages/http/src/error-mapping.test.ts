import { describe, expect, it } from 'vitest';
import { errorTable, mapError } from './error-mapping.ts';
import { HttpError, type HttpErrorCode } from './errors.ts';
import { problemAnswer } from './problem.ts';

function errorOf(name: string, code: string): Error {
  return Object.assign(new Error('patient Ivanov at db.internal'), { name, code });
}

const all = Object.entries(errorTable).flatMap(([name, codes]) =>
  Object.keys(codes).map((code) => ({ name, code })),
);

describe('the table of errors', () => {
  it.each(all)('$name $code is answered', ({ name, code }) => {
    const answer = mapError(errorOf(name, code));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.error).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect((answer.retryAfterSeconds ?? 0) > 0).toBe(answer.status === 503);
  });

  it('keeps messages of what is behind the archive to itself', () => {
    for (const { name, code } of all.filter(({ name }) => name !== 'HttpError' && name !== 'DicomwebError')) {
      expect(mapError(errorOf(name, code)).message).not.toContain('Ivanov');
    }
  });

  const statuses: Record<HttpErrorCode, number> = {
    'bad-request': 400,
    unauthenticated: 401,
    forbidden: 403,
    'cross-site': 403,
    'not-found': 404,
    'method-not-allowed': 405,
    'not-acceptable': 406,
    'sender-stalled': 408,
    conflict: 409,
    gone: 410,
    'precondition-failed': 412,
    'too-large': 413,
    'uri-too-long': 414,
    'expectation-failed': 417,
    'unsupported-media-type': 415,
    'range-not-satisfiable': 416,
    'foreign-host': 421,
    internal: 500,
    overloaded: 503,
    stopping: 503,
  };
  it.each(Object.entries(statuses))('HttpError %s is %i', (code, status) => {
    expect(mapError(errorOf('HttpError', code)).status).toBe(status);
  });

  it('tells a missing row from a missing object: the second is damage', () => {
    expect(mapError(errorOf('DatabaseError', 'not-found')).status).toBe(404);
    expect(mapError(errorOf('StorageError', 'not-found')).status).toBe(500);
  });

  it.each([
    errorOf('Error', 'ENOENT'),
    errorOf('error', '23505'),
    errorOf('toString', 'constructor'),
    errorOf('HttpError', 'toString'),
    new Error('x'),
    'text',
    null,
    undefined,
    { code: 'not-found', name: 'HttpError' },
  ])('anything else is 500 and says nothing: %s', (thrown) => {
    expect(mapError(thrown)).toEqual({
      status: 500,
      error: 'internal',
      message: expect.stringContaining('request id'),
    });
  });
});

it('a problem carries the headers of its error', () => {
  const error = new HttpError('overloaded', 'Busy.', { retryAfterSeconds: 7, headers: { Allow: 'GET' } });
  expect(problemAnswer(error, 'id')).toEqual({
    status: 503,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'Retry-After': 7,
      Allow: 'GET',
    },
    body: '{"title":"Service Unavailable","status":503,"error":"overloaded","message":"Busy.","requestId":"id"}',
  });
});
