/** Overlay planes over a picture (PS3.3 C.9.2), from Overlay Data or from unused high bits of the samples. */
import type { DecodedFrame } from '../decoded-frame.ts';
import type { Picture } from './grey-picture.ts';

/** One overlay plane of one frame. */
export interface OverlayPlane {
  readonly rows: number;
  readonly columns: number;
  /** Place of its first pixel on the picture, from 1; may lie outside (Overlay Origin). */
  readonly origin: readonly [row: number, column: number];
  /** Bits row by row, the first in the lowest bit of the first byte. */
  readonly bits: Uint8Array;
  /** 0 to 255; white unless said. */
  readonly shade?: number | undefined;
}

/** A copy of the picture with the plane's pixels in this shade; what lies outside is left out. */
export function withOverlay(picture: Picture, plane: OverlayPlane, shade = plane.shade ?? 255): Picture {
  const { rows, columns, channels } = picture;
  const pixels = Uint8Array.from(picture.pixels);
  const [firstRow, firstColumn] = [plane.origin[0] - 1, plane.origin[1] - 1];
  for (let row = Math.max(0, -firstRow); row < plane.rows && row + firstRow < rows; row++) {
    for (
      let column = Math.max(0, -firstColumn);
      column < plane.columns && column + firstColumn < columns;
      column++
    ) {
      const bit = row * plane.columns + column;
      if ((((plane.bits[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 0) continue;
      const at = ((row + firstRow) * columns + column + firstColumn) * channels;
      pixels.fill(shade, at, at + channels);
    }
  }
  return { ...picture, pixels };
}

/** The plane that retired images keep in one bit of each sample (Overlay Bit Position); 8 and 16 bits allocated. */
export function overlayInSamples(
  { rows, columns, samples, bitsAllocated }: DecodedFrame,
  bitPosition: number,
): OverlayPlane {
  const bits = new Uint8Array(Math.ceil((rows * columns) / 8));
  const bytes = bitsAllocated / 8;
  for (let index = 0; index < rows * columns; index++) {
    const isSet = ((samples[index * bytes + (bitPosition >> 3)] ?? 0) >> (bitPosition & 7)) & 1;
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (isSet << (index & 7));
  }
  return { rows, columns, origin: [1, 1], bits };
}
