/** Pictures as tests look at them: decoded by sharp, compared pixel by pixel; and DCMTK as the other renderer. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

/** Pixels of a picture: one byte a channel, row by row. */
export interface SeenPicture {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** 1 = grey, 3 = red, green and blue. */
  readonly channels: number;
  readonly pages: number;
  readonly pixels: Buffer;
}

/** Decodes a picture; of an animation the first frame. Throws where it is none. */
export async function seePicture(bytes: Uint8Array): Promise<SeenPicture> {
  const metadata = await sharp(bytes, { animated: true, limitInputPixels: false }).metadata();
  const image = sharp(bytes, { limitInputPixels: false });
  const flat = metadata.hasAlpha ? image.removeAlpha() : image;
  const kept = metadata.space === 'b-w' ? flat.toColourspace('b-w') : flat;
  const { data, info } = await kept.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { format: metadata.format, width, height, channels, pages: metadata.pages ?? 1, pixels: data };
}

/** The colour at a place, from 0; grey thrice. */
export function pixelAt({ width, channels, pixels }: SeenPicture, x: number, y: number): number[] {
  const at = (y * width + x) * channels;
  const values = [...pixels.subarray(at, at + channels)];
  return channels === 1 ? [values[0] ?? -1, values[0] ?? -1, values[0] ?? -1] : values;
}

/** Largest difference of any channel of any pixel; infinite where sizes differ. */
export function largestDifference(one: SeenPicture, other: SeenPicture): number {
  if (one.width !== other.width || one.height !== other.height) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let y = 0; y < one.height; y++) {
    for (let x = 0; x < one.width; x++) {
      const colour = pixelAt(other, x, y);
      for (const [channel, value] of pixelAt(one, x, y).entries()) {
        largest = Math.max(largest, Math.abs(value - (colour[channel] ?? Number.NaN)));
      }
    }
  }
  return largest;
}

/** Whether DCMTK is missing and its tests may skip (`apt-get install dcmtk` brings it): never in CI. */
export const skipWithoutDcm2pnm =
  spawnSync('dcm2pnm', ['--version']).status !== 0 && process.env['CI'] !== 'true';

/** What DCMTK renders of a file: the first frame, by its first window if `hasWindow`. Throws where it can't. */
export async function renderWithDcmtk(
  file: Uint8Array,
  { isJpeg, hasWindow }: { readonly isJpeg: boolean; readonly hasWindow: boolean },
): Promise<SeenPicture> {
  const folder = mkdtempSync(join(tmpdir(), 'dcm2pnm-'));
  try {
    const [input, output] = [join(folder, 'in.dcm'), join(folder, 'out.png')];
    writeFileSync(input, file);
    const window = hasWindow ? ['+Wi', '1'] : [];
    const { status, stderr } = spawnSync(isJpeg ? 'dcmj2pnm' : 'dcm2pnm', ['+on', ...window, input, output]);
    if (status !== 0) throw new Error(stderr.toString());
    return await seePicture(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
