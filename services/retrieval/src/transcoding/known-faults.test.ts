import { CodecError } from '@sandyq/pixel-data';
import { describe, expect, it } from 'vitest';
import { KnownFaults } from './known-faults.ts';

const sha256 = (fill: number) => Buffer.alloc(32, fill);
const damaged = new CodecError('truncated-codestream', 'cut');

describe('KnownFaults', () => {
  it('knows an instance in a transfer syntax', () => {
    const faults = new KnownFaults(10);
    faults.note(sha256(1), '1.2', damaged);
    expect(faults.find(sha256(1), '1.2')).toBe(damaged);
    expect(faults.find(sha256(1), '1.3')).toBeUndefined();
    expect(faults.find(sha256(2), '1.2')).toBeUndefined();
  });

  it('keeps the latest, and nothing that may pass', () => {
    const faults = new KnownFaults(2);
    for (const fill of [1, 2, 1, 3]) faults.note(sha256(fill), '1.2', damaged);
    expect([1, 2, 3].map((fill) => faults.find(sha256(fill), '1.2') !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
    faults.note(sha256(4), '1.2', new CodecError('timeout', 'slow'));
    expect(faults.find(sha256(4), '1.2')).toBeUndefined();
  });
});
