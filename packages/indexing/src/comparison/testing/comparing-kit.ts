/** Instances in a store, and comparisons of them, as tests make them. Not a test. */
import { crc32 } from 'node:zlib';
import { readPart10 } from '@sandyq/dicom';
import type { EntryReference } from '@sandyq/storage';
import { MemoryObjectStore } from '@sandyq/storage/testing';
import { compareInstances, type InstanceComparison, type StoredContent } from '../compare-instances.ts';
import { PixelValueComparison, type PixelValueComparisonOptions } from '../pixel-value-comparison.ts';

/** Blocks of an entry whose pixel data has no layout in its receipt. */
const BLOCK_BYTES = 1024 * 1024;

/** A store in memory and a comparison in threads. */
export class ComparingKit {
  readonly store = new MemoryObjectStore();
  readonly pixels: PixelValueComparison;
  #kept = 0;

  constructor(options: Partial<PixelValueComparisonOptions> = {}) {
    this.pixels = new PixelValueComparison({ threads: 2, isLast: true, ...options });
  }

  /** Bytes as an entry that lies behind other bytes. */
  async keep(bytes: Uint8Array): Promise<StoredContent> {
    this.#kept += 1;
    const key = `v1/entry-${this.#kept}`;
    const object = Buffer.concat([Buffer.alloc(512), bytes]);
    this.store.objects.set(key, { bytes: object, lastModified: new Date(0) });
    const entry: EntryReference = { key, offset: 512, length: bytes.length, crc32: checksumsOf(bytes) };
    const { transferSyntax } = readPart10(bytes);
    return { entry, transferSyntaxUid: transferSyntax.uid };
  }

  /** In both orders; throws where they do not come to the same. */
  async compare(one: Uint8Array, other: Uint8Array): Promise<InstanceComparison> {
    const [known, fresh] = [await this.keep(one), await this.keep(other)];
    const there = await compareInstances(this, known, fresh);
    const back = await compareInstances(this, fresh, known);
    if (there.comparison !== back.comparison)
      throw new Error(`${there.comparison} one way, ${back.comparison} the other`);
    this.store.objects.clear();
    return there;
  }

  close(): Promise<void> {
    return this.pixels.close();
  }
}

function checksumsOf(bytes: Uint8Array): Buffer {
  const sums: number[] = [];
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    sums.push(crc32(bytes.subarray(start, start + BLOCK_BYTES)));
  }
  const written = Buffer.alloc(sums.length * 4);
  for (const [index, sum] of sums.entries()) written.writeUInt32LE(sum, index * 4);
  return written;
}
