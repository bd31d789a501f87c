// For tests in which one process puts and another one, after a crash, has to know what it put.
import { hash } from 'node:crypto';
import { patterned } from './suite-assertions.ts';

/** Bytes, some hundred thousand, that follow from the key. */
export function bytesOfKey(key: string): Buffer {
  const seed = hash('sha256', key, 'buffer').readUInt32LE(0);
  return patterned(1 + (seed % 300_000), seed);
}
