/** Sequences hidden in values of VR UN: items in implicit VR little endian (PS3.5 §6.2.2). */
import { BulkContentCollector, type BulkContents } from './bulk-contents.ts';
import { ByteWindow } from './byte-window.ts';
import type { DataSet } from './data-set.ts';
import { type BulkStart, DataSetBuilder } from './data-set-builder.ts';
import { DataSetParser } from './data-set-parser.ts';
import { DicomError } from './errors.ts';
import { defaultReaderLimits, type ReaderLimits } from './reader-limits.ts';

const itemTag = Uint8Array.of(0xfe, 0xff, 0x00, 0xe0);
/** A private attribute of undefined length, which makes the parser take what follows for items. */
const sequenceStart = Uint8Array.of(0x01, 0x00, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff);
const sequenceEnd = Uint8Array.of(0xfe, 0xff, 0xdd, 0xe0, 0x00, 0x00, 0x00, 0x00);
const carrierTag = 0x00010100;

/** Keeps every value but pixel data: the bytes are in memory already. */
const limits: ReaderLimits = {
  ...defaultReaderLimits,
  keptValueBytes: defaultReaderLimits.headerBytes,
  keptBinaryValueBytes: defaultReaderLimits.headerBytes,
};

/** Items read from a value; the bulk values in them by their offset, as `offset` of their elements says. */
export interface ImplicitItems {
  readonly items: readonly DataSet[];
  readonly bulk: BulkContents;
}

/** The items that the value consists of, and of nothing else; undefined if it does not. */
export function readImplicitItems(value: Uint8Array): ImplicitItems | undefined {
  if (Buffer.compare(value.subarray(0, itemTag.length), itemTag) !== 0) return undefined;
  const window = new ByteWindow();
  const collector = new BulkContentCollector(() => 1);
  const onBulkData = (start: BulkStart, piece: Uint8Array) => collector.add(start, piece);
  const builder = new DataSetBuilder({ onBulkData }, 'little', new Set());
  const encoding = { explicitVr: false, littleEndian: true };
  const parser = new DataSetParser({ window, builder, limits, encoding });
  try {
    window.feed(Buffer.concat([sequenceStart, value, sequenceEnd]));
    parser.run();
    parser.finish();
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
  const items = builder.root.elements.size === 1 ? builder.root.elements.get(carrierTag)?.items : undefined;
  return items === undefined ? undefined : { items, bulk: collector.contents() };
}
