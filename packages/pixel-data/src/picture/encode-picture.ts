/** Pictures as image files, with sharp: scaled, drawn on, in a colour space, one alone or animated. */
import { fileURLToPath } from 'node:url';
import type { Sharp } from 'sharp';
import { CodecError } from '../codec-errors.ts';
import { isUsableProfile, pngWithProfile } from './colour-profile.ts';
import { registerFonts } from './fonts.ts';
import type { Picture } from './grey-picture.ts';
import { loadSharp } from './load-sharp.ts';
import { svgOver } from './text-lines.ts';

/** Media types that pictures are encoded in. */
export type ImageMediaType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';

/** Colour spaces and profiles (PS3.18 §8.3.5.1.5). */
export type ProfileChoice = 'no' | 'yes' | 'srgb' | 'adobergb' | 'rommrgb' | 'displayp3';

/** How a picture is encoded. */
export interface EncodeOptions {
  readonly mediaType: ImageMediaType;
  /** Size in pixels; absent = that of the picture. The aspect ratio is the caller's to keep. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** 1 to 100, for lossy media types. */
  readonly quality?: number | undefined;
  /** SVG elements to draw on the picture, in pixels of its final size. */
  readonly drawing?: ((size: { readonly width: number; readonly height: number }) => string) | undefined;
  readonly profile?: ProfileChoice | undefined;
  /** ICC profile of the data set. */
  readonly sourceProfile?: Uint8Array | undefined;
}

/** Frames of an animation. */
export interface AnimationOptions extends EncodeOptions {
  readonly mediaType: 'image/gif' | 'image/webp';
  readonly size: { readonly width: number; readonly height: number };
  readonly frameMilliseconds: number;
}

/** Quality where none is asked for: differences can't be seen, files are a fifth of lossless ones. */
const DEFAULT_QUALITY = 90;
/** At and above it colours are not subsampled. */
const FULL_CHROMA_QUALITY = 90;
/** What the formats can say at most (VP8 §9.1, JPEG B.2.2, GIF89a §18). */
const LONGEST_SIDE: Readonly<Record<ImageMediaType, number>> = {
  'image/jpeg': 65_535,
  'image/png': 1_000_000,
  'image/gif': 65_535,
  'image/webp': 16_383,
};

/**
 * The picture in its media type. Runs in sharp's threads.
 * @throws CodecError 'too-large' for sides that the media type can't say
 */
export async function encodePicture(picture: Picture, options: EncodeOptions): Promise<Buffer> {
  const size = options.size ?? { width: picture.columns, height: picture.rows };
  requireSides(size, options.mediaType);
  const pixels = await scaledAndDrawn(picture, options);
  return coloured(pixels, options);
}

/** The picture scaled and drawn on, still as pixels: a frame of an animation. */
export async function scaledPicture(
  picture: Picture,
  options: Pick<EncodeOptions, 'size' | 'drawing'>,
): Promise<Picture> {
  const pixels = await scaledAndDrawn(picture, options);
  const { data, info } = await pixels.raw().toBuffer({ resolveWithObject: true });
  // Drawings bring four channels, of which the last is opaque.
  return {
    rows: info.height,
    columns: info.width,
    channels: info.channels === 1 ? 1 : 3,
    pixels: Uint8Array.from(data),
  };
}

/** Frames of one size as one animated picture that repeats for ever. @throws CodecError 'too-large' */
export async function encodeAnimation(
  frames: readonly Picture[],
  { mediaType, size, quality = DEFAULT_QUALITY, frameMilliseconds }: AnimationOptions,
): Promise<Buffer> {
  requireSides(size, mediaType);
  const { width, height } = size;
  const pages = Buffer.concat(
    frames.map(({ pixels, channels }) => (channels === 3 ? pixels : tripled(pixels))),
  );
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const;
  const sharp = await loadSharp();
  const image = sharp(pages, { raw, limitInputPixels: false });
  const animation = { loop: 0, delay: frames.map(() => frameMilliseconds) };
  return mediaType === 'image/gif'
    ? image.gif({ ...animation, effort: 1 }).toBuffer()
    : image.webp({ ...animation, quality, effort: 2 }).toBuffer();
}

async function scaledAndDrawn(
  picture: Picture,
  { size, drawing }: Pick<EncodeOptions, 'size' | 'drawing'>,
): Promise<Sharp> {
  const { columns: width, rows: height, channels, pixels } = picture;
  const target = size ?? { width, height };
  const sharp = await loadSharp();
  let image = sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false });
  if (target.width !== width || target.height !== height) {
    image = image.resize(target.width, target.height, { fit: 'fill' });
  }
  const elements = drawing?.(target) ?? '';
  if (elements !== '') {
    await registerFonts();
    const input = Buffer.from(svgOver(elements, target));
    image = image
      .toColourspace('srgb')
      .composite([{ input, left: 0, top: 0 }])
      .removeAlpha();
  } else if (channels === 1) image = image.toColourspace('b-w');
  return image;
}

/** In the colour space and the media type that are asked for. */
async function coloured(image: Sharp, options: EncodeOptions): Promise<Buffer> {
  const { profile = 'no', sourceProfile } = options;
  if (profile === 'no' || options.mediaType === 'image/gif') return encoded(image, options).toBuffer();
  const png = await image.png({ compressionLevel: 0 }).toBuffer();
  const sharp = await loadSharp();
  const { channels } = await sharp(png, { limitInputPixels: false }).metadata();
  const isUsable = sourceProfile !== undefined && isUsableProfile(sourceProfile, channels === 1 ? 1 : 3);
  const profiled = isUsable ? pngWithProfile(png, sourceProfile) : png;
  const source = sharp(profiled, { limitInputPixels: false });
  const target = profile === 'yes' && !isUsable ? 'srgb' : profile;
  return encoded(
    target === 'yes'
      ? source.keepIccProfile()
      : source.toColourspace('srgb').withIccProfile(profileFile(target)),
    options,
  ).toBuffer();
}

/** What sharp has by itself, and the two that come with this package. */
function profileFile(target: Exclude<ProfileChoice, 'yes' | 'no'>): string {
  switch (target) {
    case 'srgb':
      return 'srgb';
    case 'displayp3':
      return 'p3';
    case 'adobergb':
      return fileURLToPath(new URL('profiles/adobe-rgb.icc', import.meta.url));
    default:
      return fileURLToPath(new URL('profiles/romm-rgb.icc', import.meta.url));
  }
}

function encoded(image: Sharp, { mediaType, quality = DEFAULT_QUALITY }: EncodeOptions): Sharp {
  switch (mediaType) {
    case 'image/jpeg': {
      const chromaSubsampling = quality >= FULL_CHROMA_QUALITY ? '4:4:4' : '4:2:0';
      // Baseline, as PS3.18 §8.7.4 wants it. Without optimised coding the library of sharp 0.35 wrote beyond its memory.
      return image.jpeg({ quality, chromaSubsampling, progressive: false, optimiseCoding: true });
    }
    case 'image/png':
      return image.png({ compressionLevel: 1 });
    case 'image/gif':
      return image.gif({ effort: 3 });
    default:
      return image.webp({ quality, effort: 2 });
  }
}

function requireSides({ width, height }: { width: number; height: number }, mediaType: ImageMediaType): void {
  const most = LONGEST_SIDE[mediaType];
  if (Math.max(width, height) > most) {
    throw new CodecError('too-large', `${width} x ${height} pixels, ${mediaType} ends at ${most}`);
  }
}

function tripled(grey: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(grey.length * 3);
  for (let index = 0; index < grey.length; index++) pixels.fill(grey[index] ?? 0, index * 3, index * 3 + 3);
  return pixels;
}
