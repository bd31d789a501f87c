/** A data set without an encoding, with everything in it that encodings treat differently. */
import { Tags } from '../src/tag.ts';
import type { PlainDataSet, PlainElement } from './encodings.ts';

/** Text of that VR, padded when it is encoded. */
export const text = (
  tag: number,
  vr: 'CS' | 'DS' | 'LO' | 'LT' | 'PN' | 'SH' | 'UI' | 'UT',
  value: string,
): PlainElement => ({
  tag,
  vr,
  text: value,
});

/** Bytes as little endian has them. */
export const bytes = (
  tag: number,
  vr: 'AT' | 'FD' | 'OB' | 'OW' | 'SS' | 'UL' | 'US',
  value: readonly number[],
): PlainElement => ({
  tag,
  vr,
  bytes: Uint8Array.from(value),
});

/** A small image with everything that encodings treat differently. */
export const image: PlainDataSet = [
  text(Tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
  text(Tags.SOPInstanceUID, 'UI', '1.2.3'),
  text(Tags.SeriesDescription, 'LO', 'Schädel\\2nd'),
  {
    tag: Tags.ReferencedImageSequence,
    vr: 'SQ',
    items: [[text(Tags.ReferencedSOPInstanceUID, 'UI', '1.2.4')], []],
  },
  { tag: Tags.ReferencedSeriesSequence, vr: 'SQ', items: [] },
  text(Tags.PatientName, 'PN', 'Müller^Jürgen'),
  text(Tags.PatientID, 'LO', '4711'),
  text(0x00110010, 'LO', 'ACME'),
  bytes(0x00111001, 'US', [0, 1]),
  {
    tag: 0x00111002,
    vr: 'SQ',
    items: [[bytes(0x00111003, 'FD', [1, 2, 3, 4, 5, 6, 7, 8])], [text(0x00111004, 'SH', 'ab')]],
  },
  text(Tags.StudyInstanceUID, 'UI', '1.2.5'),
  text(Tags.SeriesInstanceUID, 'UI', '1.2.6'),
  text(Tags.ImageComments, 'LT', 'x'.repeat(3000)),
  bytes(Tags.FrameIncrementPointer, 'AT', [0x18, 0, 0x63, 0x10]),
  bytes(Tags.Rows, 'US', [2, 0]),
  bytes(Tags.PixelRepresentation, 'US', [1, 0]),
  bytes(Tags.SmallestImagePixelValue, 'SS', [0xfe, 0xff]),
  bytes(
    Tags.RedPaletteColorLookupTableData,
    'OW',
    Array.from({ length: 2000 }, (_, index) => index % 251),
  ),
  bytes(Tags.PixelData, 'OW', [1, 2, 3, 4, 5, 0]),
];
