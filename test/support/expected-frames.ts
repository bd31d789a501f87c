/**
 * The frames of a file as a test expects them: cut by arithmetic of its own from a file read whole, by the rules of
 * PS3.5 §8.1.1 and §A.4.
 */
import { Readable } from 'node:stream';
import { type Part10File, readPart10, toExplicitLittleEndian } from '@sandyq/dicom';
import { describePixels, layoutPixelData } from '@sandyq/pixel-data';

/** What retrieval must send for all frames with `transfer-syntax=*`. */
export interface ExpectedFrames {
  readonly kind: 'native' | 'encapsulated';
  readonly frames: readonly Buffer[];
  /** Named in the Content-Type of each part. */
  readonly transferSyntax: string;
}

const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** All frames of a file; none where it has no pixel data, or none that a frame could be told of. */
export async function expectedFrames(bytes: Buffer, file: Part10File): Promise<ExpectedFrames> {
  const { pixelData, transferSyntax } = file;
  if (pixelData?.kind === 'encapsulated') {
    const { layout } = layoutPixelData(
      pixelData,
      describePixels(file.dataSet, file.byteOrder),
      transferSyntax,
    );
    const fragments = pixelData.fragments.map(({ offset, length }) =>
      bytes.subarray(offset, offset + length),
    );
    const isPlain = transferSyntax.compression === 'none';
    return {
      kind: 'encapsulated',
      frames: framesOfFragments(
        fragments,
        layout.frames,
        'firstFragments' in layout ? layout.firstFragments : undefined,
      ),
      transferSyntax: isPlain ? explicitLittleEndian : transferSyntax.uid,
    };
  }
  if (pixelData === undefined) return { kind: 'native', frames: [], transferSyntax: explicitLittleEndian };
  return { kind: 'native', frames: await nativeFrames(bytes), transferSyntax: explicitLittleEndian };
}

function framesOfFragments(
  fragments: readonly Buffer[],
  frames: number,
  firstFragments: readonly number[] | undefined,
): Buffer[] {
  if (firstFragments === undefined) return fragments.slice(0, frames);
  return firstFragments.map((first, index) =>
    Buffer.concat(fragments.slice(first, firstFragments[index + 1])),
  );
}

/** From the file in Explicit VR Little Endian, so that byte order and deflating are somebody else's work. */
async function nativeFrames(bytes: Buffer): Promise<Buffer[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of toExplicitLittleEndian(Readable.from([bytes]))) chunks.push(chunk);
  const plain = Buffer.concat(chunks);
  const { dataSet, pixelData } = readPart10(plain);
  const description = describePixels(dataSet, 'little');
  if (pixelData === undefined || description === undefined || pixelData.length === 0) return [];
  const value = plain.subarray(pixelData.offset, pixelData.offset + pixelData.length);
  const { rows, columns, samplesPerPixel, bitsAllocated, numberOfFrames, numberOfFramesSource } = description;
  if (bitsAllocated === 1) return bitFrames(value, rows * columns * samplesPerPixel, numberOfFrames);
  const isStated = numberOfFramesSource === 'stated' || numberOfFramesSource === 'absent';
  const planeBytes = rows * columns * (bitsAllocated / 8);
  // Whatever the chroma subsampling: frames are equally long. A number that is none is what the length holds.
  const frameBytes = isStated
    ? frameBytesOf(Math.floor(value.length / numberOfFrames), planeBytes, samplesPerPixel)
    : planeBytes * samplesPerPixel;
  const frames = isStated ? numberOfFrames : Math.floor(value.length / frameBytes);
  return Array.from({ length: frames }, (_, index) =>
    value.subarray(index * frameBytes, (index + 1) * frameBytes),
  );
}

/** The longest of full, 4:2:2 and 4:2:0 chroma that fits the bytes there are for a frame. */
function frameBytesOf(bytesThere: number, planeBytes: number, samplesPerPixel: number): number {
  const samples = samplesPerPixel === 3 ? [3, 2, 1.5] : [samplesPerPixel];
  const fitting = samples.map((count) => count * planeBytes).find((bytes) => bytes <= bytesThere);
  if (fitting === undefined) throw new Error('the pixel data are shorter than their description');
  return fitting;
}

/** Bit by bit, lowest first. */
function bitFrames(value: Buffer, bits: number, frames: number): Buffer[] {
  return Array.from({ length: frames }, (_, frameIndex) => {
    const frame = Buffer.alloc(Math.ceil(bits / 8));
    for (let bit = 0; bit < bits; bit += 1) {
      const at = frameIndex * bits + bit;
      const isSet = ((value[at >>> 3] ?? 0) >>> (at & 7)) & 1;
      frame[bit >>> 3] = (frame[bit >>> 3] ?? 0) | (isSet << (bit & 7));
    }
    return frame;
  });
}
