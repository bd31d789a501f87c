/**
 * Digests of what an instance says, whatever it is encoded in, for the verdict on a SOP Instance UID that is known
 * already. Two instances have equal digests if they have the same attributes with the same values.
 * What doesn't count: transfer syntax, file meta information, byte order, forms of lengths, group lengths, order and
 * repetition of elements, padding of values and of the data set, VRs, and the character set where the text is the same.
 */
import type { AssumedCharacterSet } from './assumed-character-set.ts';
import { BulkContentCollector } from './bulk-contents.ts';
import { digestDataSet } from './canonical-form.ts';
import { decoderFor } from './character-set.ts';
import type { ByteOrder, DataSet } from './data-set.ts';
import { type BulkStart, isPixelDataTag } from './data-set-builder.ts';
import { DicomError } from './errors.ts';
import { labelOf } from './json-model.ts';
import { Part10Reader } from './part10-reader.ts';
import { patientAndStudyAttributes } from './patient-and-study-attributes.ts';
import { PixelContentHash } from './pixel-content.ts';
import type { ReaderLimits } from './reader-limits.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { type WordBytes, wordBytesOf } from './word-swapper.ts';

/** SHA-256, lower-case hexadecimal, over the canonical form that canonical-form.ts describes. */
export interface ContentDigest {
  /** All attributes but those of `patientAndStudy` and the pixel data; other bulk data belongs here. */
  readonly attributes: string;
  /** Attributes of the Patient, General Study and Patient Study modules, without Study Instance UID. */
  readonly patientAndStudy: string;
  /** Native: the values in little endian. Encapsulated: the compression and the fragments' bytes. '' = no pixel data. */
  readonly pixelData: string;
}

/** What digestContent may be told. */
export interface ContentDigestOptions {
  readonly limits?: Partial<ReaderLimits> | undefined;
  /** Declared for the sender; must be the same on both sides of a comparison. */
  readonly assumedCharacterSet?: AssumedCharacterSet | undefined;
}

/** How two instances with one SOP Instance UID relate. */
export type ContentComparison =
  | 'equal'
  | 'equal-in-another-encoding'
  | 'patient-or-study-attributes-differ'
  | 'different';

/**
 * Digests a Part 10 file, or what the reader takes for one, as it streams by; memory is bounded by the limits.
 * @throws DicomError as the reader does; errors of the source
 */
export async function digestContent(
  source: AsyncIterable<Uint8Array>,
  options: ContentDigestOptions = {},
): Promise<ContentDigest> {
  const collector = new BulkContentCollector((start) => wordBytesAt(reader, start));
  let pixels: PixelContentHash | undefined;
  const reader: Part10Reader = new Part10Reader({
    limits: options.limits,
    onBulkData: (start, piece) => {
      if (!isTopLevelPixelData(start)) collector.add(start, piece);
      else (pixels ??= pixelContentHash(reader, start)).add(piece);
    },
  });
  for await (const chunk of source) reader.push(chunk);
  const { dataSet, byteOrder } = reader.end();
  const decoder = decoderFor(labelOf(dataSet) ?? [], options.assumedCharacterSet);
  const context = { byteOrder, decoder, bulk: collector.contents(), depth: 0 };
  const isOfPatientOrStudy = (tag: number) => patientAndStudyAttributes.has(tag);
  return {
    attributes: digestDataSet(dataSet, context, (tag) => !isOfPatientOrStudy(tag)).toString('hex'),
    patientAndStudy: digestDataSet(dataSet, context, isOfPatientOrStudy).toString('hex'),
    pixelData: pixels?.digest() ?? '',
  };
}

/**
 * Compares what two instances say. Pixel values are compared as they are encoded: native and compressed pixel data, or
 * two compressions, are 'different' even where decoding them would give the same.
 */
export function compareContent(
  left: ContentDigest,
  right: ContentDigest,
  isSameTransferSyntax: boolean,
): ContentComparison {
  if (left.attributes !== right.attributes || left.pixelData !== right.pixelData) return 'different';
  if (left.patientAndStudy !== right.patientAndStudy) return 'patient-or-study-attributes-differ';
  return isSameTransferSyntax ? 'equal' : 'equal-in-another-encoding';
}

function isTopLevelPixelData({ path, tag }: BulkStart): boolean {
  return isPixelDataTag(tag) && !path.includes('/');
}

function pixelContentHash(reader: Part10Reader, { tag, vr, length }: BulkStart): PixelContentHash {
  const { compression, pixelDataByteOrder } = syntaxOf(reader);
  if (length === undefined) return new PixelContentHash(tag, compression, 1);
  return new PixelContentHash(tag, undefined, pixelDataByteOrder === 'big' ? wordBytesOf(vr) : 1);
}

function wordBytesAt(reader: Part10Reader, { path, vr }: BulkStart): WordBytes {
  const isBig = syntaxOf(reader).byteOrder === 'big' && byteOrderAt(reader.dataSet, path) === 'big';
  return isBig ? wordBytesOf(vr) : 1;
}

/** Byte order of the data set or item that the path's last element stands in: UN sequences have their own. */
function byteOrderAt(root: DataSet, path: string): ByteOrder {
  const steps = path.split('/');
  let dataSet = root;
  for (let index = 0; index + 2 < steps.length; index += 2) {
    const tag = Number.parseInt(steps[index] ?? '', 16);
    dataSet = dataSet.elements.get(tag)?.items?.[Number(steps[index + 1]) - 1] ?? dataSet;
  }
  return dataSet.byteOrder ?? 'little';
}

function syntaxOf({ start }: Part10Reader): TransferSyntax {
  if (start === undefined) throw new DicomError('not-dicom', 'The data set has not begun');
  return start.transferSyntax;
}
