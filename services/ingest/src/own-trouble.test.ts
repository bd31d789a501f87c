import { DatabaseError, KeysChangedError } from '@sandyq/database';
import { ComparisonError } from '@sandyq/indexing';
import { StorageError } from '@sandyq/storage';
import { describe, expect, it } from 'vitest';
import { isTroubleOfOurs } from './own-trouble.ts';

describe('isTroubleOfOurs', () => {
  it.each([
    new StorageError('unavailable', 'away'),
    new StorageError('damaged', 'what is to be compared with'),
    new DatabaseError('unavailable', 'away'),
    new KeysChangedError(),
    new DatabaseError('conflict', 'a row that nobody claimed', { sqlState: '23505' }),
    new ComparisonError('busy', 'too many wait'),
    new ComparisonError('timeout', 'took too long'),
    new ComparisonError('closed', 'about to end'),
  ])('asks the sender to come again: $name $code', (error) => {
    expect(isTroubleOfOurs(error)).toBe(true);
  });

  it.each([
    new StorageError('invalid-argument', 'a fault of ours'),
    new DatabaseError('conflict', 'a check of a table', { sqlState: '23514' }),
    new DatabaseError('data', 'a value does not fit'),
    new TypeError('a fault of ours'),
  ])('does not hide other faults: $name $code', (error) => {
    expect(isTroubleOfOurs(error)).toBe(false);
  });
});
