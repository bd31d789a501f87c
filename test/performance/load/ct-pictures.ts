/**
 * Pixels of CT slices: a body of soft tissue with lungs, bones and a table in air, and the noise of a scanner on it, so that
 * they compress as CT does (about to a half without loss) and no two slices are alike.
 */
import type { SeededRandom } from '../../support/seeded-random.ts';

/** Of a picture: `rows × columns` words of 16 bits, little endian, 12 bits used, Hounsfield units + 1024. */
export interface CtPicture {
  readonly rows: number;
  readonly columns: number;
  readonly pixels: Buffer;
}

/** An ellipse around a centre, in shares of half the picture's width. */
interface Organ {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly hounsfield: number;
}

/** From the outermost to the innermost. */
const BODY: readonly Organ[] = [
  { x: 0, y: 0, width: 0.86, height: 0.64, hounsfield: -90 },
  { x: 0, y: 0, width: 0.8, height: 0.58, hounsfield: 45 },
  { x: -0.38, y: -0.05, width: 0.3, height: 0.4, hounsfield: -850 },
  { x: 0.38, y: -0.05, width: 0.3, height: 0.4, hounsfield: -850 },
  { x: 0.08, y: -0.12, width: 0.22, height: 0.26, hounsfield: 60 },
  { x: 0, y: 0.4, width: 0.1, height: 0.1, hounsfield: 700 },
  { x: 0, y: 0.4, width: 0.06, height: 0.06, hounsfield: 350 },
];
const AIR = -1_000;
const OFFSET = 1_024;
/** Standard deviation of the noise, in Hounsfield units: a thin slice of a thorax. */
const NOISE = 14;
/** A power of two, so that a mask wraps around. */
const NOISE_VALUES = 2 ** 16;

/** Slices of one body from top to bottom. */
export function ctPictures(
  random: SeededRandom,
  { size, slices }: { readonly size: number; readonly slices: number },
): CtPicture[] {
  const noise = gaussianNoise(random);
  return Array.from({ length: slices }, (_, slice) => {
    const values = bodyAt(size, slice / slices);
    const pixels = Buffer.alloc(size * size * 2);
    let at = random.integer(0, NOISE_VALUES);
    for (const [index, hounsfield] of values.entries()) {
      // A walk with an odd stride through the noise: it does not repeat from row to row.
      at = (at + 40_503) & (NOISE_VALUES - 1);
      const value = hounsfield + OFFSET + (noise[at] ?? 0) * (hounsfield === AIR ? 0.4 : 1);
      pixels.writeUInt16LE(Math.max(0, Math.min(4_095, Math.round(value))), index * 2);
    }
    return { rows: size, columns: size, pixels };
  });
}

/** Hounsfield units of one slice without noise; `depth` from 0 to 1. */
function bodyAt(size: number, depth: number): Float32Array {
  const values = new Float32Array(size * size).fill(AIR);
  const half = size / 2;
  const swell = 0.9 + 0.1 * Math.sin(depth * Math.PI);
  for (const { x, y, width, height, hounsfield } of BODY) {
    const [a, b] = [width * half * swell, height * half * (hounsfield < -500 ? swell * (1 - depth) : swell)];
    const [centreX, centreY] = [half + x * half, half + y * half];
    for (let row = Math.ceil(centreY - b); row <= centreY + b; row += 1) {
      const reach = a * Math.sqrt(Math.max(0, 1 - ((row - centreY) / b) ** 2));
      const [from, to] = [Math.ceil(centreX - reach), Math.floor(centreX + reach)];
      values.fill(hounsfield, row * size + from, row * size + to + 1);
    }
  }
  return values;
}

/** Box–Muller. */
function gaussianNoise(random: SeededRandom): Float32Array {
  return Float32Array.from({ length: NOISE_VALUES }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return NOISE * radius * Math.cos(2 * Math.PI * random.next());
  });
}
