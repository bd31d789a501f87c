/** Ultrasound cines: 60 JPEG frames of a fan of speckle that moves, encoded once a run with sharp. */
import { Tags } from '@sandyq/dicom';
import sharp from 'sharp';
import {
  elementHeader,
  item,
  MadeSopClasses,
  marker,
  SEQUENCE_DELIMITER,
  UNDEFINED_LENGTH,
  uint16,
} from '../../support/made-instances.ts';
import { type RawElement, type RawItem, rawInstance } from '../../support/raw-instance.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { type LoadFrame, type LoadInstance, lengthOf } from './instance.ts';
import { makeUnsearchedPatient, type Patient } from './patients.ts';

/** JPEG Baseline (PS3.5 A.4.1). */
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
const ITEM_HEADER_BYTES = 8;
const FRAMES = 60;
const QUALITY = 85;

/** Of every frame. */
export interface CineSize {
  readonly rows: number;
  readonly columns: number;
}

/** Frames that all cines of a run share: encoded, and the size of each. */
export interface CineFrames extends CineSize {
  readonly encoded: readonly Buffer[];
}

/** Makes the frames. */
export async function cineFrames({ rows, columns }: CineSize): Promise<CineFrames> {
  const random = new SeededRandom(rows);
  const speckle = random.bytes(2 ** 20);
  const encoded: Buffer[] = [];
  for (let frame = 0; frame < FRAMES; frame += 1) {
    const raw = { width: columns, height: rows, channels: 3 } as const;
    const image = sharp(fanOfSpeckle(speckle, { rows, columns, frame }), { raw });
    encoded.push(await image.jpeg({ quality: QUALITY }).toBuffer());
  }
  return { rows, columns, encoded };
}

/** RGB, interleaved: a sector with speckle that moves with the frames, in black. */
function fanOfSpeckle(
  speckle: Buffer,
  { rows, columns, frame }: CineSize & { readonly frame: number },
): Buffer {
  const pixels = Buffer.alloc(rows * columns * 3);
  const [depth, middle] = [rows * 0.95, columns / 2];
  for (let row = 0; row < rows; row += 1) {
    const reach = Math.floor(Math.min(row * 0.9, Math.sqrt(Math.max(0, depth ** 2 - row ** 2)), middle - 1));
    const beat = 0.6 + 0.4 * Math.sin(row / 40 + frame / 5);
    for (let column = middle - reach; column <= middle + reach; column += 1) {
      // Speckle is larger than a pixel.
      const grain = speckle[(((row + frame) >> 1) * 1_031 + (column >> 1)) & (speckle.length - 1)] ?? 0;
      pixels.fill(grain * beat, (row * columns + column) * 3, (row * columns + column) * 3 + 3);
    }
  }
  return pixels;
}

/** One series of cines of one study. */
export function cineSeries(random: SeededRandom, frames: CineFrames, cines: number): LoadInstance[] {
  const studyInstanceUid = random.uid();
  const patient = makeUnsearchedPatient(random);
  const fragments = frames.encoded.map(item);
  return Array.from({ length: cines }, (_, index) => {
    const identity = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.${index + 1}`,
      sopClassUid: MadeSopClasses.ultrasoundMultiFrame,
    };
    const head = rawInstance(identity, cineAttributes(patient, index + 1, frames), JPEG_BASELINE);
    const offsets = item(offsetTable(fragments));
    const pieces = [
      Buffer.concat([head, elementHeader(Tags.PixelData, 'OB', UNDEFINED_LENGTH), offsets]),
      ...fragments,
      marker(SEQUENCE_DELIMITER, 0),
    ];
    const pixelOffset = lengthOf(pieces.slice(0, 1));
    return {
      ...identity,
      transferSyntaxUid: JPEG_BASELINE,
      pieces,
      bytes: lengthOf(pieces),
      pixelOffset,
      frames: framesOf(fragments, pixelOffset),
    };
  });
}

/** One fragment a frame; the byte that makes it even belongs to it. `offset`: of the first item. */
function framesOf(items: readonly Buffer[], offset: number): LoadFrame[] {
  let at = offset;
  return items.map((fragment) => {
    const frame = { offset: at + ITEM_HEADER_BYTES, pieces: [fragment.subarray(ITEM_HEADER_BYTES)] };
    at += fragment.length;
    return frame;
  });
}

/** About 50 attributes, and where the fan is in the picture (PS3.3 C.8.5.5). */
function cineAttributes(patient: Patient, instanceNumber: number, frames: CineFrames): RawElement[] {
  const { rows, columns, encoded } = frames;
  return [
    [Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
    [Tags.ImageType, 'CS', 'ORIGINAL\\PRIMARY\\ABDOMEN\\0001'],
    [Tags.StudyDate, 'DA', patient.studyDate],
    [Tags.SeriesDate, 'DA', patient.studyDate],
    [Tags.ContentDate, 'DA', patient.studyDate],
    [Tags.AcquisitionDateTime, 'DT', `${patient.studyDate}${patient.studyTime}`],
    [Tags.StudyTime, 'TM', patient.studyTime],
    [Tags.AccessionNumber, 'SH', patient.accessionNumber],
    [Tags.Modality, 'CS', 'US'],
    [Tags.Manufacturer, 'LO', 'ACME Ultrasound'],
    [Tags.InstitutionName, 'LO', 'Қалалық клиникалық аурухана № 1'],
    [Tags.ReferringPhysicianName, 'PN', 'Ахметова^Сәуле'],
    [Tags.StationName, 'SH', 'US-3'],
    [Tags.StudyDescription, 'LO', 'Abdomen'],
    [Tags.SeriesDescription, 'LO', 'Liver'],
    [Tags.ManufacturerModelName, 'LO', 'Sono 9'],
    [Tags.PatientName, 'PN', patient.name],
    [Tags.PatientID, 'LO', patient.id],
    [Tags.PatientBirthDate, 'DA', patient.birthDate],
    [Tags.PatientSex, 'CS', patient.sex],
    [Tags.FrameTime, 'DS', '33.3'],
    [Tags.CineRate, 'IS', '30'],
    [Tags.HeartRate, 'IS', '72'],
    [Tags.TransducerData, 'LO', 'C5-1'],
    [Tags.DeviceSerialNumber, 'LO', 'US4711'],
    [Tags.SoftwareVersions, 'LO', '5.0.1'],
    [Tags.SequenceOfUltrasoundRegions, 'SQ', [fanRegion(rows, columns)]],
    [Tags.StudyID, 'SH', '1'],
    [Tags.SeriesNumber, 'IS', '1'],
    [Tags.InstanceNumber, 'IS', String(instanceNumber)],
    [Tags.SamplesPerPixel, 'US', uint16(3)],
    [Tags.PhotometricInterpretation, 'CS', 'YBR_FULL_422'],
    [Tags.PlanarConfiguration, 'US', uint16(0)],
    [Tags.NumberOfFrames, 'IS', String(encoded.length)],
    [Tags.FrameIncrementPointer, 'AT', Buffer.of(0x18, 0x00, 0x63, 0x10)],
    [Tags.Rows, 'US', uint16(rows)],
    [Tags.Columns, 'US', uint16(columns)],
    [Tags.BitsAllocated, 'US', uint16(8)],
    [Tags.BitsStored, 'US', uint16(8)],
    [Tags.HighBit, 'US', uint16(7)],
    [Tags.PixelRepresentation, 'US', uint16(0)],
    [Tags.LossyImageCompression, 'CS', '01'],
    [Tags.LossyImageCompressionRatio, 'DS', '12'],
    [Tags.LossyImageCompressionMethod, 'CS', 'ISO_10918_1'],
  ];
}

function fanRegion(rows: number, columns: number): RawItem {
  return [
    [Tags.RegionSpatialFormat, 'US', uint16(1)],
    [Tags.RegionDataType, 'US', uint16(1)],
    [Tags.RegionLocationMinX0, 'UL', uint32(0)],
    [Tags.RegionLocationMinY0, 'UL', uint32(0)],
    [Tags.RegionLocationMaxX1, 'UL', uint32(columns - 1)],
    [Tags.RegionLocationMaxY1, 'UL', uint32(rows - 1)],
    [Tags.PhysicalUnitsXDirection, 'US', uint16(3)],
    [Tags.PhysicalUnitsYDirection, 'US', uint16(3)],
  ];
}

/** Offsets of the items from the first (PS3.5 A.4). */
function offsetTable(items: readonly Buffer[]): Buffer {
  let offset = 0;
  return Buffer.concat(
    items.map((fragment) => {
      const entry = uint32(offset);
      offset += fragment.length;
      return entry;
    }),
  );
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
