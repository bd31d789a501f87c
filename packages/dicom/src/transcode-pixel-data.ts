/**
 * Gives a Part 10 file other pixel data while it streams by: in another transfer syntax, with the attributes that go
 * with it. The frames come from outside. All other elements stay as they are, private ones too; what is not little endian
 * explicit becomes so.
 */
import { DicomError } from './errors.ts';
import { ExplicitOutput, evenLength, undefinedLength } from './explicit-output.ts';
import { Part10Reader } from './part10-reader.ts';
import { type NewValues, PixelDataReplacer } from './pixel-data-replacer.ts';
import { Tags } from './tag.ts';
import {
  HeldPieces,
  heldBytes,
  isIdentified,
  metaFor,
  slicesOf,
  startOf,
  type TranscodeOptions,
} from './transcode-data-set.ts';

/** The pixel data to put in, and what changes with it. */
export interface NewPixelData extends NewValues {
  readonly transferSyntaxUid: string;
  /** OB for encapsulated pixel data; OW for native of more than 8 bits allocated (PS3.5 §8.2, §A.2). */
  readonly vr: 'OB' | 'OW';
  /** Bytes of the native value, without padding; undefined = encapsulated. */
  readonly length: number | undefined;
  /** Native: samples, `length` bytes in all. Encapsulated: frames of even length, one fragment each. */
  readonly frames: AsyncIterable<Uint8Array>;
}

/**
 * The file with other pixel data. Of the pixel data in `source` nothing is used: it may be empty there. The Basic Offset
 * Table is left empty, which PS3.5 §A.4 allows: each frame is one fragment. Memory is bounded by the limits of reading.
 * @throws DicomError as the reader does, 'malformed' where there is no pixel data to replace or the frames have not the
 * length announced; errors of source and frames
 */
export async function* withPixelData(
  source: AsyncIterable<Uint8Array>,
  pixelData: NewPixelData,
  options: TranscodeOptions = {},
): AsyncGenerator<Uint8Array> {
  const replacer = new PixelDataReplacer(() => startOf(reader).transferSyntax, pixelData);
  const reader = new Part10Reader({ limits: options.limits, visitor: replacer });
  const held = new HeldPieces();
  let isWritten = false;
  async function* output(isLast: boolean): AsyncGenerator<Uint8Array> {
    const begins = replacer.hasPassed && !isWritten;
    held.add(begins ? replacer.before : replacer.take());
    const isWaiting = !begins && !isLast && !isIdentified(reader) && held.length <= heldBytes;
    if (!held.isReleased && isWaiting) return;
    if (!held.isReleased) yield metaFor(reader, pixelData.transferSyntaxUid);
    yield* held.release();
    if (!begins) return;
    isWritten = true;
    yield* pixelDataElement(pixelData);
    yield* replacer.take();
  }
  for await (const chunk of source) {
    for (const slice of slicesOf(chunk, reader)) {
      replacer.beginChunk(slice);
      reader.push(slice);
      yield* output(false);
    }
  }
  reader.end();
  if (!replacer.hasPassed) throw new DicomError('malformed', 'There is no pixel data to replace');
  yield* output(true);
}

async function* pixelDataElement({ vr, length, frames }: NewPixelData): AsyncGenerator<Uint8Array> {
  const output = new ExplicitOutput();
  output.element(Tags.PixelData, vr, length === undefined ? undefinedLength : evenLength(length));
  if (length === undefined) output.item(0);
  yield* output.take();
  let written = 0;
  for await (const frame of frames) {
    if (length === undefined) output.item(frame.length);
    yield* output.take();
    yield frame;
    written += frame.length;
  }
  if (length === undefined) output.endSequence();
  else {
    if (written !== length) {
      throw new DicomError('malformed', `The frames have ${written} bytes, ${length} were announced`);
    }
    output.padding('OB', length);
  }
  yield* output.take();
}
