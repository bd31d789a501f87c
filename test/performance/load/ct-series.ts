/** CT series: slices of about 130 attributes with the pixels of a body. */
import { Tags } from '@sandyq/dicom';
import { elementHeader } from '../../support/made-instances.ts';
import { rawInstance } from '../../support/raw-instance.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ctAttributes } from './ct-attributes.ts';
import { type CtPicture, ctPictures } from './ct-pictures.ts';
import { type LoadInstance, lengthOf } from './instance.ts';
import { makeUnsearchedPatient } from './patients.ts';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const PRIVATE_HEADER_BYTES = 3_000;
/** Pictures that slices take in turn; each slice has its number in its first pixels. */
const PICTURES = 32;
const STAMP_BYTES = 8;
const pools = new Map<number, readonly CtPicture[]>();

/** One series of one study, in the order of its slices; `size`: rows and columns. */
export function ctSeries(
  random: SeededRandom,
  { slices, size = 512 }: { readonly slices: number; readonly size?: number },
): LoadInstance[] {
  const studyInstanceUid = random.uid();
  const patient = makeUnsearchedPatient(random);
  const privateHeader = random.bytes(PRIVATE_HEADER_BYTES);
  const serial = random.integer(0, 2 ** 31);
  const pictures = picturesOf(size);
  return Array.from({ length: slices }, (_, index) => {
    const { pixels, rows, columns } = random.pick(pictures);
    const identity = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.${index + 1}`,
    };
    const facts = { identity, patient, instanceNumber: index + 1, rows, columns, privateHeader };
    const head = Buffer.concat([
      rawInstance(identity, ctAttributes(facts)),
      elementHeader(Tags.PixelData, 'OW', pixels.length),
    ]);
    const frame = [stamp(serial, index), pixels.subarray(STAMP_BYTES)];
    const pieces = [Buffer.concat([head, ...frame.slice(0, 1)]), ...frame.slice(1)];
    return {
      ...identity,
      transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN,
      pieces,
      bytes: lengthOf(pieces),
      pixelOffset: head.length,
      frames: [{ offset: head.length, pieces: frame }],
    };
  });
}

/** Made once a run: the same for every target. */
function picturesOf(size: number): readonly CtPicture[] {
  const known = pools.get(size);
  if (known !== undefined) return known;
  const made = ctPictures(new SeededRandom(size), { size, slices: PICTURES });
  pools.set(size, made);
  return made;
}

/** Values of 12 bits that no other slice has. */
function stamp(serial: number, index: number): Buffer {
  const bytes = Buffer.alloc(STAMP_BYTES);
  for (const [word, value] of [
    serial & 0xfff,
    (serial >> 12) & 0xfff,
    index & 0xfff,
    index >> 12,
  ].entries()) {
    bytes.writeUInt16LE(value, word * 2);
  }
  return bytes;
}
