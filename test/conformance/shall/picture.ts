/** Pictures in answers: what kind they are by their own bytes, their size, their samples. */
import { inflateSync } from 'node:zlib';

/** Of a picture, from its first bytes. */
export interface PictureSize {
  readonly mediaType: 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/** Throws for anything but JPEG, PNG, GIF and WebP. */
export function pictureSize(bytes: Buffer): PictureSize {
  if (bytes.readUInt32BE(0) === 0x89504e47) {
    return { mediaType: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
  if (bytes.toString('latin1', 0, 3) === 'GIF') {
    return { mediaType: 'image/gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  }
  if (bytes.toString('latin1', 8, 12) === 'WEBP') return { mediaType: 'image/webp', width: 0, height: 0 };
  const frame = jpegFrame(bytes);
  return {
    mediaType: 'image/jpeg',
    width: bytes.readUInt16BE(frame.at + 7),
    height: bytes.readUInt16BE(frame.at + 5),
  };
}

/** Marker of the frame header of a JPEG (0xC0 = baseline) and its place; bits of a sample are at `at + 4`. */
export function jpegFrame(bytes: Buffer): { readonly marker: number; readonly at: number } {
  if (bytes.readUInt16BE(0) !== 0xffd8) throw new Error('no picture');
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes.readUInt8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { marker, at };
  }
  throw new Error('a JPEG without a frame header');
}

/** Samples of a PNG of 8 bits a channel that is not interlaced: `height × width × channels`. Throws for any other. */
export function pngSamples(bytes: Buffer): {
  readonly samples: Buffer;
  readonly width: number;
  readonly channels: number;
} {
  const { width, height } = pictureSize(bytes);
  const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[bytes.readUInt8(25)];
  if (bytes.readUInt8(24) !== 8 || channels === undefined || bytes.readUInt8(28) !== 0)
    throw new Error('another PNG');
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      data.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
    }
  }
  return {
    samples: unfiltered(inflateSync(Buffer.concat(data)), width * channels, height, channels),
    width,
    channels,
  };
}

/** Whether a PNG has a chunk of this type, e.g. `iCCP`. */
export function pngChunk(bytes: Buffer, type: string): boolean {
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === type) return true;
  }
  return false;
}

function unfiltered(rows: Buffer, stride: number, height: number, step: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = rows.readUInt8(y * (stride + 1));
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= step ? (out[at - step] ?? 0) : 0;
      const up = y > 0 ? (out[at - stride] ?? 0) : 0;
      const corner = x >= step && y > 0 ? (out[at - stride - step] ?? 0) : 0;
      out[at] = ((rows[y * (stride + 1) + 1 + x] ?? 0) + predicted(filter, left, up, corner)) & 0xff;
    }
  }
  return out;
}

/** PNG §9.2. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return Math.floor((left + up) / 2);
  const [toLeft, toUp, toCorner] = [
    Math.abs(up - corner),
    Math.abs(left - corner),
    Math.abs(left + up - 2 * corner),
  ];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
