import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  type EncodeOptions,
  encodeAnimation,
  encodePicture,
  type ImageMediaType,
  scaledPicture,
} from './encode-picture.ts';
import { adobeRgb, rgbProfile, rommRgb } from './rgb-profile.ts';
import { cornerTextElements, escapeXml, textElement } from './text-lines.ts';

const [columns, rows] = [40, 20];
const grey = { rows, columns, channels: 1, pixels: new Uint8Array(rows * columns).fill(77) } as const;
const colour = {
  rows,
  columns,
  channels: 3,
  pixels: Uint8Array.from({ length: rows * columns * 3 }, (_, index) => [200, 100, 50][index % 3] ?? 0),
} as const;

async function decoded(bytes: Buffer) {
  const { data, info } = await sharp(bytes).keepIccProfile().raw().toBuffer({ resolveWithObject: true });
  return {
    ...info,
    metadata: await sharp(bytes, { animated: true }).metadata(),
    first: [...data.subarray(0, 3)],
  };
}

describe('encoded pictures', () => {
  it.each<[ImageMediaType, string]>([
    ['image/jpeg', 'jpeg'],
    ['image/png', 'png'],
    ['image/gif', 'gif'],
    ['image/webp', 'webp'],
  ])('%s has the pixels', async (mediaType, format) => {
    const { metadata, width, height, first } = await decoded(await encodePicture(colour, { mediaType }));
    expect(metadata).toMatchObject({ format, width: columns, height: rows });
    expect([width, height]).toEqual([columns, rows]);
    for (const [channel, value] of [200, 100, 50].entries()) {
      expect(Math.abs((first[channel] ?? 0) - value), format).toBeLessThanOrEqual(format === 'webp' ? 6 : 2);
    }
    expect(metadata.icc).toBeUndefined();
  });

  it('are baseline JPEG of one component where they are grey, smaller with less quality', async () => {
    const best = await encodePicture(grey, { mediaType: 'image/jpeg', quality: 100 });
    expect((await decoded(best)).metadata).toMatchObject({ channels: 1, isProgressive: false });
    // SOF0 is baseline (ISO 10918-1 B.2.2).
    expect(best.includes(Buffer.of(0xff, 0xc0))).toBe(true);
    const noise = { ...grey, pixels: Uint8Array.from(grey.pixels, (_, index) => (index * 7919) % 256) };
    const sizes = await Promise.all(
      [100, 10].map(
        async (quality) => (await encodePicture(noise, { mediaType: 'image/jpeg', quality })).length,
      ),
    );
    expect(sizes[0]).toBeGreaterThan((sizes[1] ?? 0) * 2);
  });

  it('are scaled as they are told', async () => {
    const size = { width: 13, height: 31 };
    expect(await decoded(await encodePicture(grey, { mediaType: 'image/png', size }))).toMatchObject({
      ...size,
      first: [77, 77, 77],
    });
  });

  it('refuse sides that the format can not say', async () => {
    const wide = { rows: 1, columns: 20_000, channels: 1, pixels: new Uint8Array(20_000) } as const;
    await expect(encodePicture(wide, { mediaType: 'image/webp' })).rejects.toMatchObject({
      code: 'too-large',
    });
    expect((await encodePicture(wide, { mediaType: 'image/png' })).length).toBeGreaterThan(0);
  });
});

describe('animations', () => {
  it.each(['image/gif', 'image/webp'] as const)('%s has all frames with their time', async (mediaType) => {
    const frames = [grey, { ...grey, pixels: new Uint8Array(rows * columns).fill(200) }, colour];
    const size = { width: 20, height: 10 };
    const scaled = await Promise.all(frames.map((frame) => scaledPicture(frame, { size })));
    const bytes = await encodeAnimation(scaled, { mediaType, size, frameMilliseconds: 40 });
    const { metadata } = await decoded(bytes);
    expect(metadata).toMatchObject({ pages: 3, width: 20, pageHeight: 10, delay: [40, 40, 40], loop: 0 });
    const second = await sharp(bytes, { page: 1 }).raw().toBuffer();
    expect(Math.abs((second[0] ?? 0) - 200)).toBeLessThanOrEqual(3);
  });
});

describe('colour profiles (PS3.18 §8.3.5.1.5)', () => {
  const profiled = async (options: Partial<EncodeOptions>) =>
    decoded(await encodePicture(colour, { mediaType: 'image/png', ...options }));
  const own = rgbProfile(rommRgb);

  it('are not there unless asked for', async () => {
    expect((await profiled({ sourceProfile: own })).metadata.icc).toBeUndefined();
    expect((await profiled({ profile: 'no', sourceProfile: own })).metadata.icc).toBeUndefined();
  });

  it('of the data set go with unchanged pixels', async () => {
    const { metadata, first } = await profiled({ profile: 'yes', sourceProfile: own });
    expect(metadata.icc?.equals(own)).toBe(true);
    expect(first).toEqual([200, 100, 50]);
  });

  it('that are broken are not believed', async () => {
    const broken = Buffer.from(own);
    broken.write('xxxx', 36);
    const { metadata, first } = await profiled({ profile: 'yes', sourceProfile: broken });
    expect(metadata.icc?.length).toBeGreaterThan(100);
    expect(metadata.icc?.equals(broken)).toBe(false);
    expect(first).toEqual([200, 100, 50]);
  });

  it('of named spaces come with pixels in that space', async () => {
    const expected = { srgb: [200, 100, 50], adobergb: [178, 100, 57], displayp3: [189, 105, 62] } as const;
    for (const [profile, pixel] of Object.entries(expected)) {
      const named = profile === 'srgb' || profile === 'adobergb' ? profile : 'displayp3';
      const { metadata, first } = await profiled({ profile: named });
      expect(metadata.icc?.length, profile).toBeGreaterThan(100);
      for (const [channel, value] of pixel.entries()) {
        expect(Math.abs((first[channel] ?? 0) - value), `${profile} ${first.join()}`).toBeLessThanOrEqual(3);
      }
    }
    const { metadata } = await profiled({ profile: 'rommrgb' });
    expect(metadata.icc?.equals(own)).toBe(true);
  });

  it('that come with the package are those that the formulas make', async () => {
    const read = (name: string) => readFile(new URL(`profiles/${name}.icc`, import.meta.url));
    expect((await read('adobe-rgb')).equals(rgbProfile(adobeRgb))).toBe(true);
    expect((await read('romm-rgb')).equals(rgbProfile(rommRgb))).toBe(true);
  });
});

describe('text', () => {
  const ink = async (text: string) => {
    const drawing = () => textElement(text, { x: 2, y: 16, size: 14 });
    const size = { width: 200, height: 24 };
    const { pixels } = await scaledPicture(
      { ...grey, pixels: new Uint8Array(rows * columns) },
      { size, drawing },
    );
    return pixels;
  };
  const lit = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + (value > 128 ? 1 : 0), 0);

  it('is drawn in Latin, Cyrillic with Kazakh letters, and Hangul', async () => {
    const blank = await ink('');
    expect(lit(blank)).toBe(0);
    for (const text of ['Kim', 'Қожахметова', 'әғқңөұүһі', '홍길동'])
      expect(lit(await ink(text)), text).toBeGreaterThan(100);
  });

  it('is text, whatever stands in it', async () => {
    expect(escapeXml(`<&>"'\u0000\ud800`)).toBe('&lt;&amp;&gt;&quot;&apos; \ufffd');
    expect(lit(await ink('</text><rect width="999" height="999"/>'))).toBeLessThan(200 * 24 * 3 * 0.5);
  });

  it('stands at the edges', () => {
    const svg = cornerTextElements({ topLeft: ['a', 'b'], bottomLeft: ['c'] }, { width: 336, height: 336 });
    const places = [...svg.matchAll(/y="(\d+)"[^>]*>(.)</g)].map(([, y, text]) => [text, Number(y)]);
    expect(places.filter((_, index) => index % 2 === 1)).toEqual([
      ['a', 15],
      ['b', 30],
      ['c', 327],
    ]);
  });
});
