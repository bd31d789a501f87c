/** ICC profiles of RGB spaces that are a matrix and a curve (ICC.1:2001-04, version 2), for iccprofile (PS3.18 §8.3.5.1.5). */

/** An RGB space. */
export interface RgbSpace {
  readonly name: string;
  /** Red, green and blue as XYZ, adapted to D50. */
  readonly primaries: readonly (readonly [x: number, y: number, z: number])[];
  /** From a value in 0 to 1 to light in 0 to 1. */
  readonly toLight: (value: number) => number;
}

/** Adobe RGB (1998). */
export const adobeRgb: RgbSpace = {
  name: 'Compatible with Adobe RGB (1998)',
  primaries: [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
  toLight: (value) => value ** (563 / 256),
};

/** ROMM RGB (ISO 22028-2). */
export const rommRgb: RgbSpace = {
  name: 'ROMM RGB',
  primaries: [
    [0.79767, 0.28804, 0],
    [0.13519, 0.71187, 0],
    [0.03134, 0.00009, 0.82491],
  ],
  toLight: (value) => (value < 16 / 512 ? value / 16 : value ** 1.8),
};

const D50 = [0.9642, 1, 0.82491] as const;
const HEADER_BYTES = 128;
const CURVE_POINTS = 1024;

/** The bytes of its profile. */
export function rgbProfile({ name, primaries, toLight }: RgbSpace): Buffer {
  const [red = D50, green = D50, blue = D50] = primaries;
  const curve = curveOf(toLight);
  const tags: readonly (readonly [signature: string, data: Buffer])[] = [
    ['desc', description(name)],
    ['cprt', textOf('CC0')],
    ['wtpt', xyz(D50)],
    ['rXYZ', xyz(red)],
    ['gXYZ', xyz(green)],
    ['bXYZ', xyz(blue)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length);
  const places = new Map<Buffer, number>();
  let end = HEADER_BYTES + table.length;
  for (const [index, [signature, data]] of tags.entries()) {
    const offset = places.get(data) ?? end;
    if (offset === end) end += data.length;
    places.set(data, offset);
    table.write(signature, 4 + index * 12, 'latin1');
    table.writeUInt32BE(offset, 8 + index * 12);
    table.writeUInt32BE(data.length, 12 + index * 12);
  }
  return Buffer.concat([header(end), table, ...places.keys()]);
}

function header(length: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(0x02100000, 8);
  bytes.write('mntrRGB XYZ ', 12, 'latin1');
  for (const [index, part] of [2026, 1, 1, 0, 0, 0].entries()) bytes.writeUInt16BE(part, 24 + index * 2);
  bytes.write('acsp', 36, 'latin1');
  for (const [index, value] of D50.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 68 + index * 4);
  return bytes;
}

function xyz(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.write('XYZ ', 'latin1');
  for (const [index, value] of values.entries()) {
    bytes.writeInt32BE(Math.round(value * 65_536), 8 + index * 4);
  }
  return bytes;
}

function curveOf(toLight: (value: number) => number): Buffer {
  const bytes = Buffer.alloc(12 + CURVE_POINTS * 2);
  bytes.write('curv', 'latin1');
  bytes.writeUInt32BE(CURVE_POINTS, 8);
  for (let point = 0; point < CURVE_POINTS; point++) {
    bytes.writeUInt16BE(Math.round(toLight(point / (CURVE_POINTS - 1)) * 65_535), 12 + point * 2);
  }
  return bytes;
}

function textOf(text: string): Buffer {
  return padded(Buffer.concat([Buffer.from('text\0\0\0\0', 'latin1'), Buffer.from(`${text}\0`, 'latin1')]));
}

/** ASCII; no Unicode and no Macintosh text. */
function description(name: string): Buffer {
  const ascii = Buffer.from(`${name}\0`, 'latin1');
  const head = Buffer.alloc(12);
  head.write('desc', 'latin1');
  head.writeUInt32BE(ascii.length, 8);
  return padded(Buffer.concat([head, ascii, Buffer.alloc(8 + 2 + 1 + 67)]));
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
