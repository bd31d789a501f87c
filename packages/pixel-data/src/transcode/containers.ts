/** Samples between containers: what codecs give and take (bytes or 16-bit words) and Bits Allocated. Little endian. */

/** Samples in wider containers: the value stays, its sign too where there is one. */
export function widen(
  samples: Uint8Array<ArrayBuffer>,
  fromBits: number,
  toBits: number,
  isSigned: boolean,
): Uint8Array<ArrayBuffer> {
  if (fromBits === toBits) return samples;
  const from = fromBits / 8;
  const to = toBits / 8;
  const count = Math.floor(samples.length / from);
  const wide = new Uint8Array(count * to);
  for (let index = 0; index < count; index++) {
    const top = samples[index * from + from - 1] ?? 0;
    for (let byte = 0; byte < from; byte++) wide[index * to + byte] = samples[index * from + byte] ?? 0;
    if (isSigned && top > 0x7f) wide.fill(0xff, index * to + from, (index + 1) * to);
  }
  return wide;
}

/** The low byte of 16-bit samples: what a codec takes for up to 8 bits of precision. */
export function lowBytes(words: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.length / 2);
  for (let index = 0; index < bytes.length; index++) bytes[index] = words[2 * index] ?? 0;
  return bytes;
}

/** Bytes 0 and 1 as bits, the first in the lowest bit of the first byte, unused bits zero (PS3.5 §8.1.1). */
export function packBits(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.ceil(bytes.length / 8));
  for (const [index, byte] of bytes.entries()) {
    if (byte !== 0) packed[index >> 3] = (packed[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return packed;
}

/** The first `count` bits as bytes 0 and 1. */
export function unpackBits(packed: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let index = 0; index < count; index++) bytes[index] = ((packed[index >> 3] ?? 0) >> (index & 7)) & 1;
  return bytes;
}

/** Samples sample by sample instead of plane by plane. */
export function interleave(
  planes: Uint8Array,
  samplesPerPixel: number,
  bytesPerSample: number,
): Uint8Array<ArrayBuffer> {
  const pixelBytes = samplesPerPixel * bytesPerSample;
  const planeBytes = planes.length / samplesPerPixel;
  const result = new Uint8Array(planes.length);
  for (let first = 0; first < pixelBytes; first++) {
    const sample = Math.floor(first / bytesPerSample);
    let from = sample * planeBytes + (first % bytesPerSample);
    for (let to = first; to < result.length; to += pixelBytes, from += bytesPerSample)
      result[to] = planes[from] ?? 0;
  }
  return result;
}
