/**
 * Writes the Part 10 file (PS3.10 §7) of an instance that was sent as metadata and bulk data: Explicit VR Little Endian,
 * sequences and items of undefined length, so that everything streams and the same input gives the same bytes.
 */
import type { ComposedBulk, ComposedDataSet, ComposedInstance } from './compose-data-set.ts';
import { DicomError } from './errors.ts';
import { ExplicitOutput, evenLength, undefinedLength } from './explicit-output.ts';
import { writeFileMeta } from './part10-writer.ts';
import { type Tag, Tags } from './tag.ts';
import { trimUid } from './uid.ts';

/** Bytes that can be read again and again. */
export interface BulkBytes {
  readonly length: number;
  /** All of them, or those of [offset, offset + length). */
  open(range?: { readonly offset: number; readonly length: number }): AsyncIterable<Uint8Array>;
}

/** What a reference stands for. */
export type BulkContent =
  /** The value field, little endian. */
  | { readonly kind: 'value'; readonly bytes: BulkBytes }
  /** Compressed frames, each one fragment (PS3.5 §A.4). */
  | { readonly kind: 'frames'; readonly frames: readonly BulkBytes[] };

/** What is composed with the data set. */
export interface ComposeOptions {
  readonly transferSyntaxUid: string;
  /** The bulk data of a reference. */
  contentOf(bulk: ComposedBulk): BulkContent;
}

/** Longest even length that a 32-bit length field can say (PS3.5 §7.1.1). */
const longestValue = 0xfffffffe;

/**
 * The bytes of the file. Throws DicomError 'limit-exceeded' for a value that no length field can say.
 */
export async function* composePart10(
  { dataSet }: ComposedInstance,
  options: ComposeOptions,
): AsyncGenerator<Uint8Array> {
  yield writeFileMeta({
    sopClassUid: uidIn(dataSet, Tags.SOPClassUID),
    sopInstanceUid: uidIn(dataSet, Tags.SOPInstanceUID),
    transferSyntaxUid: options.transferSyntaxUid,
  });
  const output = new ExplicitOutput();
  for (const bulk of elementsWithBulk(dataSet, output)) {
    const content = options.contentOf(bulk);
    if (content.kind === 'value') yield* valueOf(bulk, content.bytes, output);
    else yield* framesOf(bulk, content.frames, output);
  }
  yield* output.take();
}

/** The value of a UID of the data set; undefined if it is absent, empty or elsewhere. */
export function uidIn({ elements }: ComposedDataSet, tag: Tag): string | undefined {
  const element = elements.get(tag);
  if (element?.kind !== 'value') return undefined;
  const uid = trimUid(Buffer.from(element.value).toString('latin1'));
  return uid === '' ? undefined : uid;
}

/** Longest header of an element with its padding byte; a sequence or item with its delimiter. */
const elementOverheadBytes = 20;

/** Bytes that the data set without its bulk data has at most. */
export function mostBytesOf({ elements }: ComposedDataSet): number {
  let bytes = 0;
  for (const element of elements.values()) {
    bytes += elementOverheadBytes;
    if (element.kind === 'value') bytes += element.value.length;
    if (element.kind !== 'sequence') continue;
    for (const item of element.items) bytes += elementOverheadBytes + mostBytesOf(item);
  }
  return bytes;
}

/** Writes everything but bulk data, and stops at each of these with its turn to be written. */
function* elementsWithBulk({ elements }: ComposedDataSet, output: ExplicitOutput): Generator<ComposedBulk> {
  for (const element of elements.values()) {
    if (element.kind === 'bulk') yield element;
    else if (element.kind === 'value') {
      const { tag, vr, value } = element;
      output.element(tag, vr, evenLength(value.length));
      output.bytes(value);
      output.padding(vr, value.length);
    } else {
      output.element(element.tag, 'SQ', undefinedLength);
      for (const item of element.items) {
        output.item(undefinedLength);
        yield* elementsWithBulk(item, output);
        output.endItem();
      }
      output.endSequence();
    }
  }
}

async function* valueOf(
  { tag, vr }: ComposedBulk,
  bytes: BulkBytes,
  output: ExplicitOutput,
): AsyncGenerator<Uint8Array> {
  if (evenLength(bytes.length) > longestValue) {
    throw new DicomError('limit-exceeded', 'The bulk data are too long for a native encoding', { tag });
  }
  output.element(tag, vr, evenLength(bytes.length));
  yield* output.take();
  yield* bytes.open();
  output.padding(vr, bytes.length);
}

async function* framesOf(
  { tag }: ComposedBulk,
  frames: readonly BulkBytes[],
  output: ExplicitOutput,
): AsyncGenerator<Uint8Array> {
  output.element(tag, 'OB', undefinedLength);
  output.item(0);
  for (const frame of frames) {
    if (evenLength(frame.length) > longestValue) {
      throw new DicomError('limit-exceeded', 'A frame is too long for a fragment', { tag });
    }
    output.item(evenLength(frame.length));
    yield* output.take();
    yield* frame.open();
    output.padding('OB', frame.length);
  }
  output.endSequence();
}
