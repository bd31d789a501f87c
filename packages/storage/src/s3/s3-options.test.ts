import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isStorageError } from '../errors.ts';
import { partRanges } from './put-multipart.ts';
import { createS3Store, type S3StoreOptions } from './s3-store.ts';

const options: S3StoreOptions = {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  bucket: 'archive',
  accessKey: 'access',
  secretKey: 'the-secret',
};

describe('createS3Store', () => {
  const wrong: readonly [string, Partial<S3StoreOptions>][] = [
    ['an endpoint that is no URL', { endpoint: 'localhost' }],
    ['an endpoint with a path', { endpoint: 'http://localhost/s3' }],
    ['an endpoint with a password', { endpoint: 'http://user:pw@localhost' }],
    ['an endpoint of another protocol', { endpoint: 'ftp://localhost' }],
    ['a prefix without its slash', { prefix: 'archive' }],
    ['parts below what the protocol allows', { partSizeBytes: 1024 }],
    ['no part at a time', { partConcurrency: 0 }],
  ];
  it.each(wrong)('refuses %s', (_, change) => {
    const create = (): unknown => createS3Store({ ...options, ...change });
    expect(create).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });

  it('refuses a prefix that no key can have', () => {
    expect(() => createS3Store({ ...options, prefix: '../' })).toThrow(
      expect.objectContaining({ code: 'invalid-key' }),
    );
  });

  it('shows its secret to nobody', async () => {
    const store = createS3Store(options);
    expect(inspect(store, { depth: 9, showHidden: true })).not.toContain('the-secret');
    const error: unknown = await store.putBytes('a/b', Buffer.from('x')).catch((thrown: unknown) => thrown);
    expect(isStorageError(error, 'unavailable')).toBe(true);
    expect(inspect(error, { depth: 9 })).not.toContain('the-secret');
  });
});

describe('partRanges', () => {
  it('covers an object without gap or overlap', () => {
    for (const [size, part] of [
      [1, 10],
      [10, 10],
      [11, 10],
      [20, 10],
      [99, 10],
      [0, 10],
    ] as const) {
      const ranges = partRanges(size, part);
      let end = 0;
      for (const { offset, length } of ranges) {
        expect(offset).toBe(end);
        expect(length).toBeLessThanOrEqual(part);
        end += length;
      }
      expect(end).toBe(size);
      expect(ranges).toHaveLength(Math.max(1, Math.ceil(size / part)));
    }
  });

  it('makes larger parts where there would be over 10,000', () => {
    const terabyte = 1024 ** 4;
    const ranges = partRanges(4 * terabyte, 64 * 1024 * 1024);
    expect(ranges.length).toBeLessThanOrEqual(10_000);
    expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBe(4 * terabyte);
  });
});
