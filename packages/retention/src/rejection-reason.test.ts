import { expect, it } from 'vitest';
import { parseRejectionReason, rejectionReasons } from './rejection-reason.ts';

it('is one of four codes, and nothing else', () => {
  expect(Object.keys(rejectionReasons).map(parseRejectionReason)).toEqual([
    '113001',
    '113037',
    '113038',
    '113039',
  ]);
  for (const other of ['113000', '', 'toString', '113001 '])
    expect(parseRejectionReason(other)).toBeUndefined();
});
