import { describe, expect, it } from 'vitest';
import { isStorageError, StorageError, type StorageErrorCode, storageErrorCodes } from './errors.ts';

describe('the table of errors', () => {
  it.each(Object.keys(storageErrorCodes) as StorageErrorCode[])('%s makes an error that says so', (code) => {
    const cause = new Error('below');
    const error = new StorageError(code, 'what happened', { cause });
    expect(error).toMatchObject({ name: 'StorageError', code, message: 'what happened', cause });
    expect(error.retryable).toBe(storageErrorCodes[code].retryable);
    expect(isStorageError(error, code)).toBe(true);
    expect(isStorageError(error)).toBe(true);
  });

  it('only those may be tried again that can pass by themselves', () => {
    const retryable = Object.entries(storageErrorCodes).filter(([, entry]) => entry.retryable);
    expect(retryable.map(([code]) => code)).toEqual([
      'unavailable',
      'busy',
      'no-space',
      'too-many-open-files',
    ]);
  });

  it('other errors are not ours', () => {
    expect(isStorageError(Object.assign(new Error('x'), { code: 'exists' }))).toBe(false);
    expect(isStorageError(new StorageError('exists', 'x'), 'not-found')).toBe(false);
    expect('cause' in new StorageError('exists', 'x')).toBe(false);
  });
});
