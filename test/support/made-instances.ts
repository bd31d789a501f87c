/**
 * Part 10 files that tests make: small, valid, Explicit VR Little Endian unless said otherwise. Their bytes follow from
 * what they are asked to be, so that whoever knows the UIDs can make them again and compare.
 */
import { type Tag, Tags, TransferSyntaxes, type Vr, writeFileMeta } from '@sandyq/dicom';

/** Who and where an instance is. */
export interface InstanceIds {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** What else a test may want to say; everything has a default. */
export interface MadeAttributes {
  readonly patientId?: string;
  readonly patientName?: string;
  readonly instanceNumber?: number;
}

/** A made file. */
export interface MadeInstance extends InstanceIds {
  readonly bytes: Buffer;
}

/** SOP classes of made instances (PS3.4 B.5). */
export const MadeSopClasses = {
  ct: '1.2.840.10008.5.1.4.1.1.2',
  multiFrame: '1.2.840.10008.5.1.4.1.1.7.3',
  ultrasoundMultiFrame: '1.2.840.10008.5.1.4.1.1.3.1',
  encapsulatedPdf: '1.2.840.10008.5.1.4.1.1.104.1',
  twelveLeadEcg: '1.2.840.10008.5.1.4.1.1.9.1.1',
} as const;

/** `rows × columns` of 16 bits each, little endian: `pixels` has `rows * columns * 2 * frames` bytes. */
export interface NativePixels {
  readonly rows: number;
  readonly columns: number;
  readonly frames?: number;
  readonly pixels: Uint8Array;
}

/** A CT image, or with `frames` a grayscale multi-frame image. */
export function makeNativeImage(
  ids: InstanceIds,
  image: NativePixels,
  attributes: MadeAttributes = {},
): MadeInstance {
  return { ...ids, bytes: Buffer.concat([...nativeImageHead(ids, image, attributes), image.pixels]) };
}

/** Everything of a native image before its first pixel, for one that is too long to be held. */
export function nativeImageHead(
  ids: InstanceIds,
  image: Omit<NativePixels, 'pixels'>,
  attributes: MadeAttributes = {},
): Buffer[] {
  const { rows, columns, frames = 1 } = image;
  const sopClassUid = frames === 1 ? MadeSopClasses.ct : MadeSopClasses.multiFrame;
  return [
    meta(ids, sopClassUid, TransferSyntaxes.ExplicitVRLittleEndian.uid),
    dataSet([...general(ids, sopClassUid, 'CT', attributes), ...imagePixelModule(rows, columns, 16, frames)]),
    elementHeader(Tags.PixelData, 'OW', rows * columns * 2 * frames),
  ];
}

/** A JPEG Baseline multi-frame image of these fragments, one a frame, with a basic offset table. */
export function makeEncapsulatedImage(
  ids: InstanceIds,
  image: { readonly rows: number; readonly columns: number; readonly fragments: readonly Uint8Array[] },
  attributes: MadeAttributes = {},
): MadeInstance {
  const { rows, columns, fragments } = image;
  const sopClassUid = MadeSopClasses.ultrasoundMultiFrame;
  const bytes = Buffer.concat([
    meta(ids, sopClassUid, TransferSyntaxes.JPEGBaseline8Bit.uid),
    dataSet([
      ...general(ids, sopClassUid, 'US', attributes),
      ...imagePixelModule(rows, columns, 8, fragments.length),
    ]),
    elementHeader(Tags.PixelData, 'OB', UNDEFINED_LENGTH),
    item(offsetTable(fragments)),
    ...fragments.map(item),
    marker(SEQUENCE_DELIMITER, 0),
  ]);
  return { ...ids, bytes };
}

/** An encapsulated PDF: a document as bulk data at top level (PS3.3 C.24.2). */
export function makePdf(
  ids: InstanceIds,
  document: Uint8Array,
  attributes: MadeAttributes = {},
): MadeInstance {
  const sopClassUid = MadeSopClasses.encapsulatedPdf;
  const bytes = Buffer.concat([
    meta(ids, sopClassUid, TransferSyntaxes.ExplicitVRLittleEndian.uid),
    dataSet([
      ...general(ids, sopClassUid, 'DOC', attributes),
      [Tags.DocumentTitle, 'ST', 'made for a test'],
      [Tags.MIMETypeOfEncapsulatedDocument, 'LO', 'application/pdf'],
      [Tags.EncapsulatedDocument, 'OB', document],
    ]),
  ]);
  return { ...ids, bytes };
}

/** An electrocardiogram: bulk data within a sequence (PS3.3 C.10.9). `samples`: 16 bits, channels interleaved. */
export function makeWaveform(
  ids: InstanceIds,
  samples: Uint8Array,
  attributes: MadeAttributes = {},
): MadeInstance {
  const sopClassUid = MadeSopClasses.twelveLeadEcg;
  const group = dataSet([
    [Tags.WaveformOriginality, 'CS', 'ORIGINAL'],
    [Tags.NumberOfWaveformChannels, 'US', uint16(1)],
    [Tags.NumberOfWaveformSamples, 'UL', uint32(samples.length / 2)],
    [Tags.SamplingFrequency, 'DS', '500'],
    [Tags.WaveformBitsAllocated, 'US', uint16(16)],
    [Tags.WaveformSampleInterpretation, 'CS', 'SS'],
    [Tags.WaveformData, 'OW', samples],
  ]);
  const bytes = Buffer.concat([
    meta(ids, sopClassUid, TransferSyntaxes.ExplicitVRLittleEndian.uid),
    dataSet([...general(ids, sopClassUid, 'ECG', attributes), [Tags.WaveformSequence, 'SQ', item(group)]]),
  ]);
  return { ...ids, bytes };
}

/** An element before it is padded and sorted in. */
export type MadeElement = readonly [tag: Tag, vr: Vr, value: string | Uint8Array];

export const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
export const SEQUENCE_DELIMITER = 0xfffee0dd;
const LONG_LENGTH: ReadonlySet<string> = new Set(['OB', 'OW', 'SQ', 'UN', 'UT', 'OD', 'OF', 'OL', 'OV']);

export function meta(
  { sopInstanceUid }: InstanceIds,
  sopClassUid: string,
  transferSyntaxUid: string,
): Buffer {
  return writeFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid });
}

/** What every made instance says of patient, study, series and itself. */
export function general(
  ids: InstanceIds,
  sopClassUid: string,
  modality: string,
  attributes: MadeAttributes,
): MadeElement[] {
  const { patientId = 'P-1', patientName = 'Сынақ^Айгүл', instanceNumber = 1 } = attributes;
  return [
    [Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
    [Tags.SOPClassUID, 'UI', sopClassUid],
    [Tags.SOPInstanceUID, 'UI', ids.sopInstanceUid],
    [Tags.StudyDate, 'DA', '20260301'],
    [Tags.AccessionNumber, 'SH', 'A-1'],
    [Tags.Modality, 'CS', modality],
    [Tags.Manufacturer, 'LO', 'Sandyq tests'],
    [Tags.PatientName, 'PN', patientName],
    [Tags.PatientID, 'LO', patientId],
    [Tags.StudyInstanceUID, 'UI', ids.studyInstanceUid],
    [Tags.SeriesInstanceUID, 'UI', ids.seriesInstanceUid],
    [Tags.SeriesNumber, 'IS', '1'],
    [Tags.InstanceNumber, 'IS', String(instanceNumber)],
  ];
}

function imagePixelModule(rows: number, columns: number, bits: number, frames: number): MadeElement[] {
  return [
    [Tags.SamplesPerPixel, 'US', uint16(1)],
    [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME2'],
    ...(frames === 1 ? [] : [[Tags.NumberOfFrames, 'IS', String(frames)] as const]),
    [Tags.Rows, 'US', uint16(rows)],
    [Tags.Columns, 'US', uint16(columns)],
    [Tags.BitsAllocated, 'US', uint16(bits)],
    [Tags.BitsStored, 'US', uint16(bits)],
    [Tags.HighBit, 'US', uint16(bits - 1)],
    [Tags.PixelRepresentation, 'US', uint16(0)],
  ];
}

/** In the order of the tags, values padded (PS3.5 §6.2). */
export function dataSet(elements: readonly MadeElement[]): Buffer {
  const sorted = [...elements].sort(([left], [right]) => left - right);
  return Buffer.concat(
    sorted.flatMap(([tag, vr, value]) => {
      const bytes = padded(vr, value);
      return [elementHeader(tag, vr, bytes.length), bytes];
    }),
  );
}

function padded(vr: Vr, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  if (bytes.length % 2 === 0) return bytes;
  const pad = vr === 'UI' || typeof value !== 'string' ? 0 : 0x20;
  return Buffer.concat([bytes, Buffer.of(pad)]);
}

export function elementHeader(tag: Tag, vr: Vr, length: number): Buffer {
  const isLong = LONG_LENGTH.has(vr);
  const bytes = Buffer.alloc(isLong ? 12 : 8);
  writeTag(bytes, tag);
  bytes.write(vr, 4, 'latin1');
  if (isLong) bytes.writeUInt32LE(length, 8);
  else bytes.writeUInt16LE(length, 6);
  return bytes;
}

/** An item of encapsulated pixel data. */
export function item(bytes: Uint8Array): Buffer {
  const padding = Buffer.alloc(bytes.length % 2);
  return Buffer.concat([marker(ITEM, bytes.length + padding.length), bytes, padding]);
}

export function marker(tag: Tag, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  writeTag(bytes, tag);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function offsetTable(fragments: readonly Uint8Array[]): Buffer {
  const table = Buffer.alloc(fragments.length * 4);
  let offset = 0;
  for (const [index, fragment] of fragments.entries()) {
    table.writeUInt32LE(offset, index * 4);
    offset += item(fragment).length;
  }
  return table;
}

function writeTag(bytes: Buffer, tag: Tag): void {
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
