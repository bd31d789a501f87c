import { describe, expect, it } from 'vitest';
import { StorageError, type StorageErrorCode } from '../errors.ts';
import { s3Error } from './s3-error.ts';

/** What the client throws for an answer: an error with the code of the body. */
function answered(status: number, code: string): StorageError {
  return s3Error(Object.assign(new Error('as the server says'), { code }), {
    what: 'put a/b',
    status,
    signal: undefined,
  });
}

const answers: readonly [number, string, StorageErrorCode][] = [
  [400, 'BadDigest', 'damaged'],
  [400, 'InvalidDigest', 'damaged'],
  [400, 'XAmzContentSHA256Mismatch', 'damaged'],
  [400, 'RequestTimeout', 'unavailable'],
  [400, 'EntityTooLarge', 'invalid-argument'],
  [400, 'InvalidRequest', 'bad-answer'],
  [301, 'MovedPermanently', 'bad-answer'],
  [401, 'Unauthorized', 'access-denied'],
  [403, 'AccessDenied', 'access-denied'],
  [403, 'QuotaExceeded', 'no-space'],
  [404, 'NoSuchKey', 'not-found'],
  [404, 'NotFound', 'not-found'],
  [404, 'NoSuchBucket', 'unavailable'],
  [404, 'NoSuchUpload', 'unavailable'],
  [408, 'RequestTimeout', 'unavailable'],
  [409, 'ConditionalRequestConflict', 'exists'],
  [412, 'PreconditionFailed', 'exists'],
  [416, 'InvalidRange', 'short-read'],
  [429, 'TooManyRequests', 'unavailable'],
  [500, 'InternalError', 'unavailable'],
  [501, 'NotImplemented', 'unavailable'],
  [503, 'SlowDown', 'unavailable'],
  [507, 'InsufficientStorage', 'no-space'],
];

describe('an answer of an S3 server', () => {
  it.each(answers)('%i %s is %s', (status, code, expected) => {
    const error = answered(status, code);
    expect(error.code).toBe(expected);
    expect(error.message).toBe(`put a/b: HTTP ${status} ${code}`);
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('a failure without an answer', () => {
  const network = [
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'HPE_INVALID_CONSTANT',
  ];
  it.each([...network, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_STREAM_PREMATURE_CLOSE'])(
    '%s is unavailable',
    (code) => {
      const cause = Object.assign(new Error(code), { code });
      for (const status of [undefined, 200, 206]) {
        const error = s3Error(cause, { what: 'read a/b', status, signal: undefined });
        expect(error).toMatchObject({ code: 'unavailable', retryable: true, cause });
      }
    },
  );

  it('is a bad answer if it is no failure of the network', () => {
    for (const thrown of [new TypeError('no XML'), new Error('x'), 'text', undefined]) {
      expect(s3Error(thrown, { what: 'list a', status: 200, signal: undefined }).code).toBe('bad-answer');
    }
  });

  it('is aborted if the caller gave up, and stays what it is if it is ours already', () => {
    const signal = AbortSignal.abort();
    expect(s3Error(new Error('x'), { what: 'put a', status: 503, signal }).code).toBe('aborted');
    const own = new StorageError('short-read', 'x');
    expect(s3Error(own, { what: 'put a', status: 503, signal: undefined })).toBe(own);
  });
});
