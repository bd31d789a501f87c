/** RLE (PS3.5 Annex G): one segment for each byte of a composite pixel, each a run of PackBits. */
import { CodecError } from '../codec-errors.ts';
import { type FrameShape, sampleCountOf } from '../decoded-frame.ts';

const headerBytes = 64;
const mostSegments = 15;

/** What RLE sees: byte planes; 1-bit samples lie eight to a byte in one plane. */
interface Planes {
  readonly count: number;
  readonly bytes: number;
  readonly bytesPerSample: number;
}

/**
 * The samples of a frame, sample by sample, in little endian.
 * @throws CodecError 'truncated-codestream', 'malformed-codestream', 'description-mismatch', 'unsupported'
 */
export function decodeRle(encoded: Uint8Array, shape: FrameShape): Uint8Array<ArrayBuffer> {
  const planes = planesOf(shape);
  const offsets = readHeader(encoded, planes);
  const samples = new Uint8Array(planes.count * planes.bytes);
  for (const [index, offset] of offsets.entries()) {
    const end = offsets[index + 1] ?? encoded.length;
    const { sample, byte } = placeOf(index, planes);
    unpack(
      encoded.subarray(offset, end),
      samples,
      sample * planes.bytesPerSample + byte,
      planes.count,
      planes.bytes,
    );
  }
  return samples;
}

/** The segments of a frame whose samples lie sample by sample. @throws CodecError 'unsupported' */
export function encodeRle(samples: Uint8Array, shape: FrameShape): Uint8Array<ArrayBuffer> {
  const planes = planesOf(shape);
  const rowBytes = shape.bitsAllocated === 1 ? planes.bytes : shape.columns;
  const segments: Uint8Array[] = [];
  const plane = new Uint8Array(planes.bytes);
  for (let index = 0; index < planes.count; index++) {
    const { sample, byte } = placeOf(index, planes);
    const start = sample * planes.bytesPerSample + byte;
    for (let at = 0; at < plane.length; at++) plane[at] = samples[start + at * planes.count] ?? 0;
    segments.push(pack(plane, rowBytes));
  }
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(segments.length, 0);
  let offset = headerBytes;
  for (const [index, segment] of segments.entries()) {
    header.writeUInt32LE(offset, 4 + 4 * index);
    offset += segment.length;
  }
  return new Uint8Array(Buffer.concat([header, ...segments]));
}

function planesOf(shape: FrameShape): Planes {
  const { rows, columns, samplesPerPixel, bitsAllocated } = shape;
  if (bitsAllocated === 1 && samplesPerPixel === 1) {
    return { count: 1, bytes: Math.ceil(sampleCountOf(shape) / 8), bytesPerSample: 1 };
  }
  const bytesPerSample = bitsAllocated / 8;
  const count = samplesPerPixel * bytesPerSample;
  if (!Number.isInteger(bytesPerSample) || count > mostSegments) {
    throw new CodecError('unsupported', `RLE of ${samplesPerPixel} × ${bitsAllocated} bits a pixel`);
  }
  return { count, bytes: rows * columns, bytesPerSample };
}

/** Segments go sample by sample, the most significant byte first (PS3.5 §G.2). */
function placeOf(
  index: number,
  { bytesPerSample }: Planes,
): { readonly sample: number; readonly byte: number } {
  return { sample: Math.floor(index / bytesPerSample), byte: bytesPerSample - 1 - (index % bytesPerSample) };
}

function readHeader(encoded: Uint8Array, { count }: Planes): readonly number[] {
  if (encoded.length < headerBytes)
    throw new CodecError('truncated-codestream', 'RLE header of less than 64 bytes');
  const view = new DataView(encoded.buffer, encoded.byteOffset, headerBytes);
  const stated = view.getUint32(0, true);
  if (stated > mostSegments) throw new CodecError('malformed-codestream', `${stated} RLE segments`);
  if (stated !== count) {
    throw new CodecError('description-mismatch', `${stated} RLE segments, the data set needs ${count}`);
  }
  const offsets = Array.from({ length: count }, (_, index) => view.getUint32(4 + 4 * index, true));
  for (const [index, offset] of offsets.entries()) {
    if (offset < (offsets[index - 1] ?? headerBytes))
      throw new CodecError('malformed-codestream', 'RLE segments out of order');
    if (offset > encoded.length)
      throw new CodecError('truncated-codestream', 'an RLE segment begins behind the end');
  }
  return offsets;
}

/** PackBits (PS3.5 §G.3.2): bytes go to every `step`th place from `start` on; what follows `count` of them is padding. */
function unpack(segment: Uint8Array, target: Uint8Array, start: number, step: number, count: number): void {
  let from = 0;
  let done = 0;
  while (done < count) {
    const control = segment[from];
    if (control === undefined) throw endsEarly(done, count);
    from += 1;
    if (control === 128) continue;
    const isRun = control > 128;
    const length = isRun ? 257 - control : control + 1;
    if (from + (isRun ? 1 : length) > segment.length) throw endsEarly(done, count);
    if (done + length > count)
      throw new CodecError('malformed-codestream', 'an RLE segment has more bytes than its plane');
    for (let index = 0; index < length; index++) {
      target[start + (done + index) * step] = segment[isRun ? from : from + index] ?? 0;
    }
    from += isRun ? 1 : length;
    done += length;
  }
  // RLE does not say how large its image is: rows too many show only here.
  const isPadding = segment.length - from < 2 || segment.subarray(from).every((byte) => byte === 0);
  if (!isPadding) throw new CodecError('malformed-codestream', 'an RLE segment goes on behind its plane');
}

function endsEarly(done: number, count: number): CodecError {
  return new CodecError('truncated-codestream', `an RLE segment has ${done} of ${count} bytes`);
}

/** Runs of two or more become replicate runs; each row is encoded by itself (PS3.5 §G.3.1); segments have even length. */
function pack(plane: Uint8Array, rowBytes: number): Uint8Array {
  // The worst case is one control byte for each 128 literals, and one for the rest of each row.
  const packed = new Uint8Array(
    plane.length + Math.ceil(rowBytes / 128) * Math.ceil(plane.length / rowBytes) + 1,
  );
  let size = 0;
  for (let row = 0; row < plane.length; row += rowBytes) {
    size = packRow(plane, row, Math.min(row + rowBytes, plane.length), packed, size);
  }
  return packed.subarray(0, size + (size % 2));
}

function packRow(plane: Uint8Array, from: number, end: number, packed: Uint8Array, size: number): number {
  let at = from;
  while (at < end) {
    let run = 1;
    while (run < 128 && at + run < end && plane[at + run] === plane[at]) run++;
    if (run > 1) {
      packed[size] = 257 - run;
      packed[size + 1] = plane[at] ?? 0;
      size += 2;
      at += run;
      continue;
    }
    let literals = 1;
    // A run of two inside literals costs as much as it saves: only three equal bytes end them.
    while (literals < 128 && at + literals < end && !isRunOfThree(plane, at + literals, end)) literals++;
    packed[size] = literals - 1;
    packed.set(plane.subarray(at, at + literals), size + 1);
    size += 1 + literals;
    at += literals;
  }
  return size;
}

function isRunOfThree(plane: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && plane[at] === plane[at + 1] && plane[at] === plane[at + 2];
}
