// What the tests of segments have in common: a spool, and entries with made-up bytes.
import { randomFillSync } from 'node:crypto';
import type { BulkElement, PixelDataLayout } from '@sandyq/dicom';
import type { FileSystem } from '../../file-system/file-system.ts';
import { LossyFileSystem } from '../../file-system/lossy-file-system.ts';
import type { EntryFacts, EntryRequest } from '../entry-writer.ts';
import type { ReceiptEntry, SegmentHeader } from '../receipt.ts';
import { SegmentSpool } from '../segment-spool.ts';
import type { SealedSegment, SegmentWriter } from '../segment-writer.ts';
import { uuidV7Source } from '../uuid-v7.ts';

/** Ids for tests. */
export const newId = uuidV7Source({ now: () => Date.now(), fillRandom: (bytes) => randomFillSync(bytes) });

/** A header with every field. */
export const sampleHeader: SegmentHeader = {
  studyInstanceUid: '1.2.3.4',
  seriesInstanceUid: '1.2.3.4.5',
  facility: 'Аягөз ауруханасы',
  device: 'ct-1',
  principal: 'device:ct-1',
  receivedAt: '2026-01-02T03:04:05.678Z',
  source: { kind: 'received' },
};

/** An entry to write, whole. */
export interface SampleEntry {
  readonly request: EntryRequest;
  readonly bytes: Buffer;
  readonly pixelData?: PixelDataLayout | undefined;
  readonly bulk?: readonly BulkElement[] | undefined;
  /** Whether the cut points are told while the bytes pass, as the parser does. */
  readonly tellCuts?: boolean;
}

/** Bytes that are the same for the same seed, and differ everywhere. */
export function sampleBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** A Part 10 entry of this length. */
export function sampleEntry(length: number, seed = 1, pixelData?: PixelDataLayout): SampleEntry {
  return {
    request: { sopInstanceUid: `1.2.3.4.5.${seed}`, role: 'part10' },
    bytes: sampleBytes(length, seed),
    pixelData,
  };
}

/** Facts that fit the entry. */
export function sampleFacts(entry: SampleEntry): EntryFacts {
  const { sopInstanceUid, role } = entry.request;
  return {
    sopInstanceUid,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    pixelData: entry.pixelData,
    bulk: entry.bulk,
    characterSet: { label: ['ISO_IR 192'], used: ['ISO_IR 192'], flag: 'as-labelled' },
    metadata: Buffer.from(role === 'part10' ? metadataOf(sopInstanceUid) : 'null'),
  };
}

/** DICOM JSON of a sample entry. */
export function metadataOf(sopInstanceUid: string): string {
  return JSON.stringify({ '00080018': { vr: 'UI', Value: [sopInstanceUid] } });
}

/** A spool in a file system that needs no disk. */
export async function sampleSpool(
  fileSystem: FileSystem = new LossyFileSystem(),
  directory = '/spool',
): Promise<{ readonly spool: SegmentSpool; readonly fileSystem: FileSystem }> {
  return { spool: new SegmentSpool({ directory, fileSystem, newId, software: 'sandyq test' }), fileSystem };
}

/** Writes one entry in chunks of these lengths, the last repeated. */
export async function writeEntry(
  segment: SegmentWriter,
  entry: SampleEntry,
  chunkLengths: readonly number[] = [65_536],
): Promise<ReceiptEntry> {
  const writer = await segment.beginEntry(entry.request);
  if (entry.tellCuts === true && entry.pixelData?.kind === 'native') {
    const { offset, bitsPerFrame, frames } = entry.pixelData;
    writer.framesFrom(offset, bitsPerFrame, frames);
  }
  if (entry.tellCuts === true && entry.pixelData?.kind === 'encapsulated') {
    writer.cutAt(entry.pixelData.offset);
    for (const [offset, length] of [entry.pixelData.table, ...entry.pixelData.fragments])
      writer.cutAt(offset + length);
  }
  for (let from = 0, index = 0; from < entry.bytes.length; index += 1) {
    const length = Math.max(1, chunkLengths[Math.min(index, chunkLengths.length - 1)] ?? 65_536);
    await writer.write(entry.bytes.subarray(from, from + length));
    from += length;
  }
  return writer.commit(sampleFacts(entry));
}

/** A sealed segment of these entries. */
export async function sealSegment(
  spool: SegmentSpool,
  entries: readonly SampleEntry[],
  header: SegmentHeader = sampleHeader,
): Promise<SealedSegment> {
  const segment = await spool.create(header);
  for (const entry of entries) await writeEntry(segment, entry);
  return segment.seal();
}
