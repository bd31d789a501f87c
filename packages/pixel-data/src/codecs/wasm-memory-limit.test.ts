import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { limitMemory } from './wasm-memory-limit.ts';

/** A module with one memory of 1 to 1000 pages and an export `grow` that grows it by its argument. */
const binary = Buffer.from(
  '0061736d010000000106016001 7f017f030201000505010101e8070708010467726f7700000a08010600200040000b'.replace(
    ' ',
    '',
  ),
  'hex',
);

describe('limitMemory', () => {
  it('makes growth beyond the limit fail inside the module', () => {
    const grow = (limit: number, pages: number) => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(limitMemory(binary, limit)), {});
      return (exports['grow'] as (pages: number) => number)(pages);
    };
    expect(grow(10 * 65_536, 9)).toBe(1);
    expect(grow(10 * 65_536, 10)).toBe(-1);
    // Never less than the module starts with, never more than it allows itself.
    expect(grow(0, 1)).toBe(-1);
    expect(grow(2 ** 40, 999)).toBe(1);
    expect(grow(2 ** 40, 1000)).toBe(-1);
  });

  it.each([
    '@cornerstonejs/codec-charls/wasm',
    '@cornerstonejs/codec-openjpeg/wasm',
    '@cornerstonejs/codec-openjph/wasm',
    'dcmjs-codecs/build/dcmjs-native-codecs.wasm',
  ])('applies to %s', (specifier) => {
    const codec = readFileSync(createRequire(import.meta.url).resolve(specifier));
    const limited = limitMemory(codec, 300 * 1024 * 1024);
    expect(limited.length).toBeLessThanOrEqual(codec.length);
    expect(() => new WebAssembly.Module(limited)).not.toThrow();
  });

  it('refuses a module without a memory of its own', () => {
    expect(() => limitMemory(Buffer.from('0061736d01000000', 'hex'), 1)).toThrow('no memory');
  });
});
