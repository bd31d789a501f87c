// A segment from its first byte to its last as the receipt says it must be: literal bytes, and bytes with a digest.
import { createHash } from 'node:crypto';
import { blockBoundaries } from './block-boundaries.ts';
import { CrcBlocks } from './crc-blocks.ts';
import { closingNames } from './entry-name.ts';
import type { OpenedSegment } from './open-segment.ts';
import type { ReceiptEntry } from './receipt.ts';
import { tarEndBytes, tarHeader, tarPadding } from './tar-header.ts';
import { encodeTrailer, trailerBytes } from './trailer.ts';

/** One place where a segment is not what its receipt says. */
export interface SegmentFault {
  readonly part: 'tar-header' | 'entry' | 'padding' | 'metadata' | 'receipt' | 'trailer' | 'end';
  /** First byte in the segment that is known to be concerned. */
  readonly offset: number;
  readonly message: string;
  /** Ordinal of the entry concerned, if it is one. */
  readonly ordinal?: number | undefined;
}

/** Consecutive bytes to check. Gets exactly `length` bytes, then is asked for its finding. */
export interface Region {
  readonly length: number;
  update(chunk: Uint8Array): void;
  finish(offset: number): SegmentFault | undefined;
}

/** All regions of a segment, in order and without gaps. */
export function* segmentRegions(segment: OpenedSegment): Generator<Region> {
  const { receipt, receiptLength, receiptOffset, receiptSha256 } = segment;
  for (const entry of receipt.entries) {
    yield literal('tar-header', tarHeader(entry.name, entry.length), entry.ordinal);
    yield entryRegion(entry);
    yield literal('padding', Buffer.alloc(tarPadding(entry.length)), entry.ordinal);
  }
  const { length: metadataLength, sha256: metadataSha256 } = receipt.metadata;
  yield literal('tar-header', tarHeader(closingNames.metadata, metadataLength));
  yield digested('metadata', metadataLength, metadataSha256);
  yield literal('padding', Buffer.alloc(tarPadding(metadataLength)));
  yield literal('tar-header', tarHeader(closingNames.receipt, receiptLength));
  yield digested('receipt', receiptLength, receiptSha256);
  yield literal('padding', Buffer.alloc(tarPadding(receiptLength)));
  yield literal('tar-header', tarHeader(closingNames.trailer, trailerBytes));
  yield literal('trailer', encodeTrailer({ receiptOffset, receiptLength, receiptSha256 }));
  yield literal('padding', Buffer.alloc(tarPadding(trailerBytes)));
  yield literal('end', Buffer.alloc(tarEndBytes));
}

/** Feeds the bytes of a segment to its regions and gathers what they find. */
export class RegionWalk {
  readonly faults: SegmentFault[] = [];
  readonly #regions: Iterator<Region>;
  #region: Region | undefined;
  #offset = 0;
  #left = 0;

  constructor(segment: OpenedSegment) {
    this.#regions = segmentRegions(segment);
    this.#next();
  }

  /** Takes the next bytes of the segment. */
  take(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length && this.#region !== undefined; ) {
      const to = Math.min(chunk.length, from + this.#left);
      this.#region.update(chunk.subarray(from, to));
      this.#left -= to - from;
      from = to;
      while (this.#region !== undefined && this.#left === 0) this.#finishRegion(this.#region);
    }
  }

  /** Whether every region has had its bytes. */
  get complete(): boolean {
    return this.#region === undefined;
  }

  /** Offset of the next byte that is wanted. */
  get offset(): number {
    return this.#offset;
  }

  #finishRegion(region: Region): void {
    const fault = region.finish(this.#offset);
    if (fault !== undefined) this.faults.push(fault);
    this.#offset += region.length;
    this.#next();
  }

  #next(): void {
    const next = this.#regions.next();
    this.#region = next.done === true ? undefined : next.value;
    this.#left = this.#region?.length ?? 0;
  }
}

function literal(part: SegmentFault['part'], expected: Buffer, ordinal?: number): Region {
  let position = 0;
  let wrong: number | undefined;
  return {
    length: expected.length,
    update(chunk) {
      const wanted = expected.subarray(position, position + chunk.length);
      if (wrong === undefined && !wanted.equals(chunk)) {
        wrong = position + wanted.findIndex((byte, index) => byte !== chunk[index]);
      }
      position += chunk.length;
    },
    finish(offset) {
      if (wrong === undefined) return undefined;
      return { part, offset: offset + wrong, message: 'other bytes than the receipt implies', ordinal };
    },
  };
}

function digested(part: 'metadata' | 'receipt', length: number, sha256: string): Region {
  const hash = createHash('sha256');
  return {
    length,
    update: (chunk) => void hash.update(chunk),
    finish(offset) {
      if (hash.digest('hex') === sha256) return undefined;
      return { part, offset, message: 'another SHA-256 than certified' };
    },
  };
}

function entryRegion(entry: ReceiptEntry): Region {
  const hash = createHash('sha256');
  const crcs = new CrcBlocks();
  const ends = blockBoundaries(entry);
  for (const end of ends) crcs.cutAt(end);
  return {
    length: entry.length,
    update(chunk) {
      hash.update(chunk);
      crcs.update(chunk);
    },
    finish(offset) {
      const certified = Buffer.from(entry.crc32, 'base64');
      const found = crcs.finish();
      const block = ends.findIndex(
        (_end, index) => certified.readUInt32LE(index * 4) !== found.readUInt32LE(index * 4),
      );
      const fault = { part: 'entry', ordinal: entry.ordinal } as const;
      if (block >= 0) {
        const start = offset + (ends[block - 1] ?? 0);
        return { ...fault, offset: start, message: `block ${block} has another CRC-32 than certified` };
      }
      if (hash.digest('hex') === entry.sha256) return undefined;
      return { ...fault, offset, message: 'another SHA-256 than certified' };
    },
  };
}
