/**
 * Re-encodes Part 10 files while they stream by: native encodings to Explicit VR Little Endian, and bare data sets to
 * files. Attributes and text bytes stay as they are, character set included; private attributes are kept. No pixels
 * are decoded.
 */
import { DicomError } from './errors.ts';
import { ExplicitLittleEndianWriter } from './explicit-little-endian-writer.ts';
import { Part10Reader, type Part10Start } from './part10-reader.ts';
import { rewriteFileMeta } from './part10-writer.ts';
import type { ReaderLimits } from './reader-limits.ts';
import { type Tag, Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';
import { uidOf } from './values.ts';

/** Limits of the reading; those of the reader by default. */
export interface TranscodeOptions {
  readonly limits?: Partial<ReaderLimits> | undefined;
}

/** Inflates to about 4 MB at most. */
const deflatedStepBytes = 4 * 1024;
/** How much may be held back until the SOP Instance UID has passed, for the file meta information before it. */
export const heldBytes = 256 * 1024;

/**
 * Any native Part 10 file or bare data set (implicit VR, big endian, deflated, explicit already) as a Part 10 file in
 * Explicit VR Little Endian (PS3.5 §A.2). VRs that implicit VR does not tell come from the dictionary, those of unknown
 * attributes are UN (PS3.5 §6.2.2). Memory is bounded by the limits, whatever the length. Output pieces may be views
 * of the source's chunks.
 * @throws DicomError 'not-native', and as the reader does; errors of the source
 */
export async function* toExplicitLittleEndian(
  source: AsyncIterable<Uint8Array>,
  options: TranscodeOptions = {},
): AsyncGenerator<Uint8Array> {
  const writer = new ExplicitLittleEndianWriter(() => nativeStart(reader).transferSyntax);
  const reader = new Part10Reader({ limits: options.limits, visitor: writer });
  const held = new HeldPieces();
  for await (const chunk of source) {
    for (const slice of slicesOf(chunk, reader)) {
      writer.beginChunk(slice);
      reader.push(slice);
      held.add(writer.take());
      if (!held.isReleased && !isIdentified(reader) && held.length <= heldBytes) continue;
      if (!held.isReleased) yield metaFor(reader, TransferSyntaxes.ExplicitVRLittleEndian.uid);
      yield* held.release();
    }
  }
  reader.end();
  held.add(writer.take());
  if (!held.isReleased) yield metaFor(reader, TransferSyntaxes.ExplicitVRLittleEndian.uid);
  yield* held.release();
}

/**
 * The same bytes with preamble and file meta information before them where one of the two is missing (PS3.10 §7.1);
 * a file that has both passes unchanged. The data set is not touched.
 * @throws DicomError as the reader does for what stands before the SOP Instance UID; errors of the source
 */
export async function* withFileMeta(
  source: AsyncIterable<Uint8Array>,
  options: TranscodeOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = new Part10Reader({ limits: options.limits });
  const held = new HeldPieces();
  for await (const chunk of source) {
    if (held.length === 0 && hasFileMeta(chunk)) held.isReleased = true;
    if (!held.isReleased) reader.push(chunk);
    held.add([chunk]);
    if (!held.isReleased && !isIdentified(reader) && held.length <= heldBytes) continue;
    if (!held.isReleased) yield* completeStart(reader, held);
    yield* held.release();
  }
  if (held.isReleased) return;
  if (reader.start === undefined) reader.end();
  yield* completeStart(reader, held);
  yield* held.release();
}

const preambleBytes = 128;
const prefix = 'DICM';
const fileMetaGroup = 0x0002;

/** Whether these bytes, the first of a file or data set, begin with preamble, prefix and an element of the file meta information. */
export function hasFileMeta(start: Uint8Array): boolean {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const metaOffset = preambleBytes + prefix.length;
  return (
    bytes.length >= metaOffset + 2 &&
    bytes.toString('latin1', preambleBytes, metaOffset) === prefix &&
    bytes.readUInt16LE(metaOffset) === fileMetaGroup
  );
}

/** A deflated chunk may become a thousand times larger: there it is read in small steps, to bound the output between two. */
export function* slicesOf(chunk: Uint8Array, reader: Part10Reader): Generator<Uint8Array> {
  for (let position = 0; position < chunk.length; ) {
    const isInflated = reader.start?.transferSyntax.deflated !== false;
    const end = isInflated ? position + deflatedStepBytes : chunk.length;
    yield chunk.subarray(position, end);
    position = end;
  }
}

/** Output that waits for what must stand before it. */
export class HeldPieces {
  /** Whether anything was let go: then what must stand before it has been written. */
  isReleased = false;
  length = 0;
  private pieces: Uint8Array[] = [];

  add(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.pieces.push(piece);
      this.length += piece.length;
    }
  }

  /** Drops the first bytes. */
  skip(count: number): void {
    const joined = Buffer.concat(this.pieces).subarray(count);
    this.pieces = [joined];
    this.length = joined.length;
  }

  /** Everything so far. */
  *release(): Generator<Uint8Array> {
    const { pieces } = this;
    this.pieces = [];
    this.length = 0;
    this.isReleased = true;
    yield* pieces;
  }
}

/** Puts the file meta information in the place of what stands before the data set, unless that is complete. */
function* completeStart(reader: Part10Reader, held: HeldPieces): Generator<Uint8Array> {
  const { preamble, meta, dataSetOffset, transferSyntax } = startOf(reader);
  if (preamble && meta !== undefined) return;
  held.skip(dataSetOffset);
  yield metaFor(reader, transferSyntax.uid);
}

/** The file meta information for what the reader has read. */
export function metaFor(reader: Part10Reader, transferSyntaxUid: string): Buffer {
  const { dataSet } = reader;
  return rewriteFileMeta(startOf(reader).meta, {
    sopClassUid: uidOf(dataSet, Tags.SOPClassUID),
    sopInstanceUid: uidOf(dataSet, Tags.SOPInstanceUID),
    transferSyntaxUid,
  });
}

/** Whether all that the file meta information needs has been read. */
export function isIdentified({ start, dataSet }: Part10Reader): boolean {
  if (start === undefined) return false;
  const isKnown = (inMeta: Tag, inDataSet: Tag) =>
    start.meta?.elements.has(inMeta) === true || dataSet.elements.has(inDataSet);
  return (
    isKnown(Tags.MediaStorageSOPClassUID, Tags.SOPClassUID) &&
    isKnown(Tags.MediaStorageSOPInstanceUID, Tags.SOPInstanceUID)
  );
}

/** @throws DicomError 'not-native' */
function nativeStart(reader: Part10Reader): Part10Start {
  const start = startOf(reader);
  if (start.transferSyntax.compression !== 'none' || start.transferSyntax.encapsulated) {
    throw new DicomError(
      'not-native',
      'Only native encodings can be written in Explicit VR Little Endian; decode the pixel data first',
    );
  }
  return start;
}

/** What stands before the data set. @throws DicomError 'not-dicom' where it has not begun */
export function startOf({ start }: Part10Reader): Part10Start {
  if (start === undefined) throw new DicomError('not-dicom', 'The data set has not begun');
  return start;
}
