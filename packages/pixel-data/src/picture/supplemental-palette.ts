/** Supplemental Palette Color (PS3.3 C.7.6.23): grey images of which the highest stored values are colours. */
import type { DecodedFrame } from '../decoded-frame.ts';
import { type Palette, paletteShifts } from './colour-picture.ts';
import type { Picture } from './grey-picture.ts';
import { lookUp } from './lookup-table.ts';
import { valuesOf } from './sample-values.ts';

/** The grey picture in colour: stored values from the first that the palette maps on take its colours. */
export function withSupplementalColours(frame: DecodedFrame, grey: Picture, palette: Palette): Picture {
  const values = valuesOf(frame);
  const shifts = paletteShifts(palette);
  const firstColour = palette[0].firstMapped;
  const pixels = new Uint8Array(grey.pixels.length * 3);
  for (let index = 0; index < grey.pixels.length; index++) {
    const value = values[index] ?? 0;
    if (value < firstColour) {
      pixels.fill(grey.pixels[index] ?? 0, index * 3, index * 3 + 3);
      continue;
    }
    for (const [channel, table] of palette.entries()) {
      pixels[index * 3 + channel] = lookUp(table, value) >> (shifts[channel] ?? 0);
    }
  }
  return { ...grey, channels: 3, pixels };
}
