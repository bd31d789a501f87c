import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { combineCrc32 } from './crc32-combine.ts';

it('is the CRC of the texts put together', () => {
  const bytes = fc.uint8Array({ maxLength: 5_000 });
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const whole = crc32(Buffer.concat([first, second]));
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(whole);
    }),
  );
});

it('also of long ones', () => {
  const second = Buffer.alloc(70_000_001, 'metadata');
  expect(combineCrc32(crc32('first'), crc32(second), second.length)).toBe(crc32(second, crc32('first')));
});

it('of lengths beyond 32 bits: as if it were added in halves', () => {
  const [first, half, halfBytes] = [0x1234_5678, 0x9abc_def0, 2 ** 31];
  const twice = combineCrc32(combineCrc32(first, half, halfBytes), half, halfBytes);
  expect(combineCrc32(first, combineCrc32(half, half, halfBytes), 2 * halfBytes)).toBe(twice);
});
