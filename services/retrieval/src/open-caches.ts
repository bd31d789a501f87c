/** What a process keeps of what it has read and made, so that who asks next does not wait for it again. */
import type { DataSet } from '@sandyq/dicom';
import type { Settings } from '@sandyq/http';
import type { DecodedFrame } from '@sandyq/pixel-data';
import type { Metrics } from '@sandyq/telemetry';
import { SharedCache } from './shared-cache.ts';

/**
 * All of it follows from received bytes, by whose digest it is kept, or from a revision: nothing in it can become wrong, and no
 * process has to hear of what others change. Whoever may not see an instance any more does not find it in the index.
 */
export interface Caches {
  /** Finished pictures, and frames encoded for others. */
  readonly pictures: SharedCache<Buffer>;
  /** Frames as samples that a codec had to work for. */
  readonly decodedFrames: SharedCache<DecodedFrame>;
  /** Attributes without pixels. */
  readonly dataSets: SharedCache<DataSet>;
}

const KINDS = ['pictures', 'decoded-frames', 'data-sets'] as const;

/** What of the memory is for which of them; together all of it. */
const SHARES: Readonly<Record<(typeof KINDS)[number], number>> = {
  pictures: 1 / 2,
  'decoded-frames': 3 / 8,
  'data-sets': 1 / 8,
};

/** Makes them, empty. */
export function openCaches(
  { pictureCacheBytes }: Pick<Settings, 'pictureCacheBytes'>,
  metrics: Metrics,
): Caches {
  const kept = metrics.gauge({
    name: 'retrieval_picture_cache_bytes',
    help: 'Rendered pictures, decoded frames and attributes that are kept for those who ask again.',
    labels: { kind: KINDS },
  });
  const open = <Value>(kind: (typeof KINDS)[number], bytesOf: (value: Value) => number) =>
    new SharedCache<Value>({
      mostBytes: pictureCacheBytes * SHARES[kind],
      bytesOf,
      onChange: (bytes) => kept.set(bytes, { kind }),
    });
  return {
    pictures: open<Buffer>('pictures', ({ length }) => length),
    decodedFrames: open<DecodedFrame>('decoded-frames', ({ samples }) => samples.length),
    dataSets: open<DataSet>('data-sets', memoryOf),
  };
}

/** An element with its places, besides its value. */
const ELEMENT_BYTES = 512;

function memoryOf({ elements }: DataSet): number {
  let bytes = 0;
  for (const { value, items = [] } of elements.values()) {
    bytes += ELEMENT_BYTES + (value?.length ?? 0);
    for (const item of items) bytes += ELEMENT_BYTES + memoryOf(item);
  }
  return bytes;
}
