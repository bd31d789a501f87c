/** Changes of Part 10 files that know where tags, VRs, lengths and values are, and what images are made of. */
import { type Part10File, readPart10, type Tag, Tags, TransferSyntaxes } from '@sandyq/dicom';
import type { SeededRandom } from '../support/seeded-random.ts';
import { mutateBytes } from './mutate-bytes.ts';

const VRS = [
  'AE',
  'AT',
  'CS',
  'DA',
  'DS',
  'FD',
  'IS',
  'LO',
  'OB',
  'OD',
  'OV',
  'OW',
  'PN',
  'SQ',
  'SS',
  'UC',
  'UI',
  'UL',
  'UN',
  'UR',
  'US',
  'UT',
  'ZZ',
  '\0\0',
];
const TEXTS = [
  '',
  ' ',
  '\\',
  '\\\\\\',
  '0',
  '-1',
  '1e999',
  '99999999999',
  'NaN',
  '^^^^',
  '=====',
  'A^B=C^D=E^F',
  '\x1b$)C\xb1\xe8',
  '\x1b(B',
  '20241399',
  '999999.9',
];
const NUMBERS = [0, 1, 2, 3, 7, 8, 12, 16, 17, 32, 64, 100, 255, 256, 4096, 65534, 65535];
/** Attributes that decide what is made of pixels, names and places. */
const TELLING: readonly Tag[] = [
  Tags.Rows,
  Tags.Columns,
  Tags.BitsAllocated,
  Tags.BitsStored,
  Tags.HighBit,
  Tags.PixelRepresentation,
  Tags.SamplesPerPixel,
  Tags.PlanarConfiguration,
  Tags.PhotometricInterpretation,
  Tags.NumberOfFrames,
  Tags.WindowCenter,
  Tags.WindowWidth,
  Tags.RescaleSlope,
  Tags.RescaleIntercept,
  Tags.SpecificCharacterSet,
  Tags.PatientName,
  Tags.PatientID,
  Tags.StudyDate,
  Tags.StudyTime,
  Tags.Modality,
  Tags.InstanceNumber,
  Tags.SOPClassUID,
  Tags.StudyInstanceUID,
  Tags.SOPInstanceUID,
];

/** A file changed in one way of several; a file that the reader refuses is changed without knowing what it is. */
export function mutateObject(file: Buffer, random: SeededRandom): Buffer {
  const parsed = parse(file);
  if (parsed === undefined || parsed.deflated || random.next() < 0.1) return mutateBytes(file, random);
  const elements = [...parsed.dataSet.elements.values()];
  // What a mutation before this one has left may be an empty data set.
  if (elements.length === 0) return mutateBytes(file, random);
  const element =
    random.next() < 0.6 ? elements.find(({ tag }) => tag === random.pick(TELLING)) : random.pick(elements);
  const pixels = Math.min(file.length, parsed.pixelData?.offset ?? file.length);
  switch (random.integer(0, 8)) {
    case 0:
      return mutateBytes(file, random, parsed.dataSetOffset, pixels);
    case 1:
      // Pixel data: native samples, code streams, item headers, offset tables.
      return mutateBytes(file, random, pixels);
    case 2:
      return relabelled(file, parsed, random);
    case 3:
      return random.next() < 0.5
        ? file.subarray(0, random.integer(1, file.length))
        : mutateBytes(file, random, 128, parsed.dataSetOffset);
    default:
      return element === undefined ? mutateBytes(file, random) : mutateElement(file, element, parsed, random);
  }
}

interface Place {
  readonly tag: Tag;
  /** Of its value. */
  readonly offset: number;
  readonly length?: number;
  readonly value?: Uint8Array | undefined;
}

function parse(file: Buffer): Part10File | undefined {
  try {
    return readPart10(file);
  } catch {
    // Damaged by an earlier change.
    return undefined;
  }
}

/** Value, VR, length or tag of an element in place, so that all others keep theirs. */
function mutateElement(file: Buffer, element: Place, parsed: Part10File, random: SeededRandom): Buffer {
  const copy = Buffer.from(file);
  const { offset } = element;
  const length = element.value?.length ?? 0;
  const isBig = parsed.transferSyntax.byteOrder === 'big';
  switch (random.integer(0, 6)) {
    case 0:
      if (length === 2) writeUint16(copy, offset, random.pick(NUMBERS), isBig);
      else
        copy.write(
          random
            .pick(TEXTS)
            .padEnd(length, random.next() < 0.5 ? ' ' : '\0')
            .slice(0, length),
          offset,
          'latin1',
        );
      return copy;
    case 1:
      return mutateBytes(copy, random, offset, offset + Math.max(length, 1));
    case 2:
      // A VR of two letters stands 4 bytes before a value of a short length, 8 before one of a long length.
      copy.write(random.pick(VRS), Math.max(0, offset - random.pick([4, 8])), 'latin1');
      return copy;
    case 3:
      writeUint16(
        copy,
        Math.max(0, offset - 2),
        random.pick([0, 1, 2, 0xfffe, 0xffff, random.integer(0, 4_096)]),
        isBig,
      );
      return copy;
    case 4:
      copy.writeUInt32LE(
        random.pick([0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff, random.integer(0, 65_536)]),
        Math.max(0, offset - 4),
      );
      return copy;
    default:
      writeUint16(copy, Math.max(0, offset - 8), random.integer(0, 65_536), isBig);
      return copy;
  }
}

/** Another transfer syntax in the file meta information, of the same length or cut to it. */
function relabelled(file: Buffer, { meta }: Part10File, random: SeededRandom): Buffer {
  const element = meta?.elements.get(Tags.TransferSyntaxUID);
  if (element?.value === undefined) return mutateBytes(file, random, 0, 512);
  const { length } = element.value;
  const candidates = Object.values(TransferSyntaxes).filter(({ uid }) => uid.length <= length);
  const copy = Buffer.from(file);
  copy.write(random.pick(candidates).uid.padEnd(length, '\0'), element.offset, 'latin1');
  return copy;
}

function writeUint16(bytes: Buffer, offset: number, value: number, isBig: boolean): void {
  if (offset + 2 > bytes.length) return;
  if (isBig) bytes.writeUInt16BE(value, offset);
  else bytes.writeUInt16LE(value, offset);
}
