/** Reads one segment from its first byte to its last and compares it with its receipt and with what the index knows of it. */
import type { SegmentToVerify } from '@sandyq/database';
import { isStorageError, type ObjectStore, type SegmentFault, verifySegment } from '@sandyq/storage';

/** What was found. */
export interface SegmentCheck {
  readonly outcome: 'whole' | 'damaged' | 'missing';
  readonly faults: readonly SegmentFault[];
  /** Entries whose instances are concerned; `all` where none can be told from another. */
  readonly ordinals: readonly number[] | 'all';
  readonly bytesRead: number;
}

/** Parts without which nothing of a segment is certified, or no index could be rebuilt from it. */
const PARTS_OF_ALL: ReadonlySet<SegmentFault['part']> = new Set(['receipt', 'metadata']);

/** Damage is data; throws StorageError only if the store cannot be read: `unavailable` and others. */
export async function checkSegment(
  store: ObjectStore,
  { objectKey, sizeBytes, receiptSha256 }: Omit<SegmentToVerify, 'segmentId'>,
  signal?: AbortSignal,
): Promise<SegmentCheck> {
  let bytesRead = 0;
  const onProgress = (read: number): void => {
    bytesRead = read;
  };
  try {
    const { segment, faults } = await verifySegment(store, objectKey, { signal, onProgress });
    const all: SegmentFault[] = [...faults];
    if (segment !== undefined && segment.receiptSha256 !== receiptSha256.toString('hex')) {
      all.push(receiptFault(segment.receiptOffset, 'the receipt is not the one that the index knows'));
    }
    if (segment !== undefined && segment.size !== sizeBytes) {
      all.push({ part: 'end', offset: segment.size, message: `${sizeBytes} bytes were stored` });
    }
    return {
      outcome: all.length === 0 ? 'whole' : 'damaged',
      faults: all,
      ordinals: concerned(all),
      bytesRead,
    };
  } catch (error) {
    if (!isStorageError(error, 'not-found')) throw error;
    return { outcome: 'missing', faults: [], ordinals: 'all', bytesRead };
  }
}

/** In words, for the record: where, and what; no values. */
export function describeCheck({ outcome, faults }: Pick<SegmentCheck, 'outcome' | 'faults'>): string {
  if (outcome === 'missing') return 'the object is not in the store';
  const [first] = faults;
  if (first === undefined) return 'whole';
  const others = faults.length === 1 ? '' : `, and ${faults.length - 1} more`;
  return `${first.part} at byte ${first.offset}: ${first.message}${others}`;
}

function concerned(faults: readonly SegmentFault[]): readonly number[] | 'all' {
  if (faults.some(({ part }) => PARTS_OF_ALL.has(part))) return 'all';
  const inEntries = faults.flatMap(({ part, ordinal }) =>
    part === 'entry' && ordinal !== undefined ? [ordinal] : [],
  );
  return [...new Set(inEntries)].sort((a, b) => a - b);
}

function receiptFault(offset: number, message: string): SegmentFault {
  return { part: 'receipt', offset, message };
}
