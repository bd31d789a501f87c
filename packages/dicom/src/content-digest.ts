/**
 * Digests of what an instance says, whatever it is encoded in, for the verdict on a SOP Instance UID that is known
 * already. Two instances have equal digests if they have the same attributes with the same values.
 * What doesn't count: transfer syntax, file meta information, byte order, forms of lengths, group lengths, order and
 * repetition of elements, padding of values and of the data set, VRs, and the character set where the text is the same.
 */
import type { AssumedCharacterSet } from './assumed-character-set.ts';
import { BulkContentCollector, type BulkContents } from './bulk-contents.ts';
import { digestDataSet } from './canonical-form.ts';
import { decoderFor } from './character-set.ts';
import type { ByteOrder, DataSet } from './data-set.ts';
import { type BulkStart, isPixelDataTag } from './data-set-builder.ts';
import { DicomError } from './errors.ts';
import { labelOf } from './json-model.ts';
import { type Part10File, Part10Reader } from './part10-reader.ts';
import { patientAndStudyAttributes } from './patient-and-study-attributes.ts';
import { PixelContentHash } from './pixel-content.ts';
import type { ReaderLimits } from './reader-limits.ts';
import { type Tag, Tags } from './tag.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { stringsOf } from './values.ts';
import { type WordBytes, wordBytesOf } from './word-swapper.ts';

/** SHA-256, lower-case hexadecimal, over the canonical form that canonical-form.ts describes. */
export interface ContentDigest {
  /** All attributes but those of the other members and the pixel data; other bulk data belongs here. */
  readonly attributes: string;
  /** Attributes of the Patient, General Study and Patient Study modules, without Study Instance UID. */
  readonly patientAndStudy: string;
  /** Photometric Interpretation, Planar Configuration and Number of Frames: another encoding may say them otherwise. */
  readonly pixelEncoding: string;
  /** Number of Frames as text; '1' where absent, as in the data sets of single-frame images. */
  readonly numberOfFrames: string;
  /** Native: the values in little endian. Encapsulated: the compression and the fragments' bytes. '' = no pixel data. */
  readonly pixelData: string;
  readonly isEncapsulated: boolean;
}

/** What was digested, and what was read on the way. */
export interface DigestedContent {
  readonly digest: ContentDigest;
  readonly file: Part10File;
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

/** All else agrees, but the pixel data is encoded in two ways: whether its values are equal decides. */
export interface UndecidedComparison {
  /** The verdict if they are; else it is 'different'. */
  readonly ifPixelValuesAreEqual: 'equal-in-another-encoding' | 'patient-or-study-attributes-differ';
}

/**
 * Attributes of the Image Pixel and Multi-frame modules that follow from how pixels are encoded: lossless colour
 * transforms and interleaving (PS3.3 C.7.6.3.1.2, C.7.6.3.1.3), and a Number of Frames of 1 that encoders add.
 */
const pixelEncodingAttributes: ReadonlySet<Tag> = new Set([
  Tags.PhotometricInterpretation,
  Tags.PlanarConfiguration,
  Tags.NumberOfFrames,
]);

/**
 * Digests a Part 10 file, or what the reader takes for one, as it streams by; memory is bounded by the limits.
 * @throws DicomError as the reader does; errors of the source
 */
export async function digestContent(
  source: AsyncIterable<Uint8Array>,
  options: ContentDigestOptions = {},
): Promise<ContentDigest> {
  return (await digestFile(source, options)).digest;
}

/** As {@link digestContent}, with the file as the reader describes it. */
export async function digestFile(
  source: AsyncIterable<Uint8Array>,
  options: ContentDigestOptions = {},
): Promise<DigestedContent> {
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
  const file = reader.end();
  return { file, digest: digestOf(file, { bulk: collector.contents(), pixels, ...options }) };
}

interface PassedContent extends ContentDigestOptions {
  readonly bulk: BulkContents;
  readonly pixels: PixelContentHash | undefined;
}

function digestOf(file: Part10File, { bulk, pixels, assumedCharacterSet }: PassedContent): ContentDigest {
  const { dataSet, byteOrder } = file;
  const decoder = decoderFor(labelOf(dataSet) ?? [], assumedCharacterSet);
  const context = { byteOrder, decoder, bulk, depth: 0 };
  const isOfPatientOrStudy = (tag: Tag) => patientAndStudyAttributes.has(tag);
  const isOfEncoding = (tag: Tag) => pixelEncodingAttributes.has(tag);
  const digest = (isIncluded: (tag: Tag) => boolean) =>
    digestDataSet(dataSet, context, isIncluded).toString('hex');
  return {
    attributes: digest((tag) => !isOfPatientOrStudy(tag) && !isOfEncoding(tag)),
    patientAndStudy: digest(isOfPatientOrStudy),
    pixelEncoding: digest(isOfEncoding),
    numberOfFrames: dataSet.elements.has(Tags.NumberOfFrames)
      ? (stringsOf(dataSet, Tags.NumberOfFrames)?.join('\\') ?? '')
      : '1',
    pixelData: pixels?.digest() ?? '',
    isEncapsulated: file.pixelData?.kind === 'encapsulated',
  };
}

/**
 * Compares what two instances say. No pixels are decoded: where native and compressed pixel data, two compressions, or two
 * code streams meet, the caller is told what the verdict depends on. The same for either order of the two.
 */
export function compareContent(
  left: ContentDigest,
  right: ContentDigest,
  isSameTransferSyntax: boolean,
): ContentComparison | UndecidedComparison {
  if (left.attributes !== right.attributes || left.numberOfFrames !== right.numberOfFrames)
    return 'different';
  const isCorrection = left.patientAndStudy !== right.patientAndStudy;
  const samePixelData = left.pixelData === right.pixelData;
  if (samePixelData && left.pixelEncoding === right.pixelEncoding) {
    if (isCorrection) return 'patient-or-study-attributes-differ';
    return isSameTransferSyntax ? 'equal' : 'equal-in-another-encoding';
  }
  const isSameEncoding = samePixelData && isSameTransferSyntax;
  if (isSameEncoding || !isEncodedInTwoWays(left, right)) return 'different';
  return {
    ifPixelValuesAreEqual: isCorrection ? 'patient-or-study-attributes-differ' : 'equal-in-another-encoding',
  };
}

/** Native values of one layout that have another digest are other values. */
function isEncodedInTwoWays(left: ContentDigest, right: ContentDigest): boolean {
  if (left.pixelData === '' || right.pixelData === '') return false;
  return left.isEncapsulated || right.isEncapsulated || left.pixelEncoding !== right.pixelEncoding;
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
