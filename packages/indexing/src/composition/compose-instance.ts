/**
 * An instance of metadata and bulk data (PS3.18 §10.5.1.4) as the Part 10 file that is stored: Explicit VR Little Endian, or
 * the encapsulated syntax of its pixel data. Streamed: in memory are the metadata of one instance.
 */
import {
  type BulkBytes,
  type BulkContent,
  type ComposedBulk,
  type ComposedInstance,
  composePart10,
  DicomError,
  defaultComposeLimits,
  mostBytesOf,
  readDicomJson,
  readNativeDicomModel,
  Tags,
  type TransferSyntax,
  TransferSyntaxes,
  tagToHex,
} from '@sandyq/dicom';
import { RefusedError } from '../reception/fault.ts';
import type { BulkParts, ReferredParts } from './bulk-parts.ts';
import { hasImagePixel, withImagePixel } from './image-pixel.ts';
import { pixelBulkOf } from './pixel-bulk.ts';
import type { MetadataPart, RequestPart } from './request-part.ts';

/** An instance ready to be stored. */
export interface ComposedFile {
  /** The Part 10 file; the same parts give the same bytes. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What it was made of: its metadata, then its bulk data in the order of the data set. */
  readonly parts: readonly RequestPart[];
  /** Room that the file and its parts take in a segment, never less. */
  readonly mostBytes: number;
}

/** File meta information, and what surrounds an entry in a segment. */
const overheadBytes = 8 * 1024;

/** Reads the metadata of one instance. Throws DicomError 'malformed', 'limit-exceeded'. */
export async function readMetadata({ dataSet, model }: MetadataPart): Promise<ComposedInstance> {
  const text = await textOf(dataSet);
  if (model === 'xml') return readNativeDicomModel(text);
  try {
    return readDicomJson(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DicomError('malformed', 'The JSON is not UTF-8 (RFC 8259 §8.1)', { cause: error });
  }
}

/**
 * Joins metadata and bulk data. Throws RefusedError where parts are missing or do not fit.
 *
 * @param syntaxHint transfer syntax that the request names for its bulk data
 */
export async function composeInstance(
  metadata: MetadataPart,
  instance: ComposedInstance,
  bulkParts: BulkParts,
  syntaxHint?: string,
): Promise<ComposedFile> {
  const parts = new Set<RequestPart>([metadata]);
  const contents = new Map<ComposedBulk, BulkContent>();
  let { dataSet } = instance;
  let syntax: TransferSyntax = TransferSyntaxes.ExplicitVRLittleEndian;
  for (const bulk of instance.bulk) {
    const referred = bulkParts.refer(bulk.uri);
    for (const part of referred.whole.length > 0 ? referred.whole : referred.frames.values()) parts.add(part);
    if (bulk.isTopLevel && bulk.tag === Tags.PixelData) {
      const pixels = await pixelBulkOf(referred, instance, syntaxHint);
      contents.set(bulk, pixels.content);
      syntax = pixels.syntax ?? syntax;
      if (pixels.facts !== undefined) dataSet = withImagePixel(dataSet, pixels.facts);
      if (pixels.syntax !== undefined && !hasImagePixel(dataSet)) throw notDescribed();
    } else contents.set(bulk, valueOf(bulk, referred));
  }
  const contentOf = (bulk: ComposedBulk): BulkContent => {
    const content = contents.get(bulk);
    if (content === undefined) throw new TypeError('every reference was resolved');
    return content;
  };
  return {
    bytes: composePart10({ ...instance, dataSet }, { transferSyntaxUid: syntax.uid, contentOf }),
    parts: [...parts],
    mostBytes: mostBytesOf(dataSet) + roomOf([...parts], [...contents.values()]),
  };
}

async function textOf(bytes: BulkBytes): Promise<Buffer> {
  const { textBytes } = defaultComposeLimits;
  if (bytes.length > textBytes)
    throw new DicomError('limit-exceeded', `The metadata of an instance have more than ${textBytes} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A value other than the pixel data: one part, whose bytes it is. */
function valueOf({ tag }: ComposedBulk, { whole }: ReferredParts): BulkContent {
  const [part] = whole;
  if (part === undefined) {
    throw new RefusedError({
      reason: 'bulk-data-missing',
      message: `no part has the BulkDataURI of ${tagToHex(tag)} as its Content-Location`,
    });
  }
  if (whole.length > 1) {
    throw new RefusedError({
      reason: 'bulk-data-mismatch',
      message: `${whole.length} parts are the value of ${tagToHex(tag)}`,
    });
  }
  return { kind: 'value', bytes: part.bytes };
}

function notDescribed(): RefusedError {
  return new RefusedError({
    reason: 'bulk-data-mismatch',
    message:
      'the metadata lack Rows, Columns, Samples per Pixel or Bits Allocated, and the code stream does not tell',
  });
}

/** Room of the parts as they are, and of the values that they become. */
function roomOf(parts: readonly RequestPart[], contents: readonly BulkContent[]): number {
  const values = contents.flatMap((content) => (content.kind === 'value' ? [content.bytes] : content.frames));
  const lengths = [...parts.map(({ bytes }) => bytes), ...values].map(({ length }) => length + overheadBytes);
  return lengths.reduce((sum, length) => sum + length, overheadBytes);
}
