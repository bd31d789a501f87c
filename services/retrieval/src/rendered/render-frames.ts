/** Frames as encoded pictures: one by one, or as an animation. Memory is that of a few frames, or of one animation. */
import { DicomwebError } from '@sandyq/dicomweb';
import {
  type EncodeOptions,
  encodeAnimation,
  encodePicture,
  type Picture,
  scaledPicture,
} from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import { decodedFrames } from '../transcoding/decoded-frames.ts';
import { withDecodedFrame } from '../transcoding/single-frame.ts';
import { type AnimationLimits, isAnimatable } from './animation-limits.ts';
import type { FramePlan, PlanFrame } from './frame-plan.ts';
import { frameMilliseconds } from './frame-time.ts';
import { iccProfileOf } from './icc-profile.ts';
import type { PictureStyle } from './picture-style.ts';
import type { RenderSource } from './render-source.ts';

/** Which frames, and how. */
export interface FramesOrder {
  readonly source: RenderSource;
  /** From 0, in the order wanted. */
  readonly frameIndexes: readonly number[];
  readonly plan: PlanFrame;
  readonly style: PictureStyle;
}

/** One encoded picture a frame, in order. Throws CodecError, and what reading throws. */
export async function* renderFrames(
  dependencies: RetrievalDependencies,
  order: FramesOrder,
  reader: Reader,
): AsyncGenerator<Buffer> {
  for await (const { picture, plan } of plannedPictures(dependencies, order, reader)) {
    yield encodePicture(picture, encodeOptions(order, plan));
  }
}

/** The first of them, of a frame that may be kept for others. Throws as renderFrames. */
export function renderOneFrame(
  dependencies: RetrievalDependencies,
  order: FramesOrder,
  reader: Reader,
): Promise<Buffer> {
  const { source, frameIndexes, plan: planFrame } = order;
  const frameIndex = frameIndexes[0] ?? 0;
  const { signal } = reader;
  return withDecodedFrame(dependencies, source, frameIndex, {
    reader,
    use: async (frame) => {
      const plan = planFrame(frameIndex, frame.photometricInterpretation);
      const picture = await dependencies.codecs.makePicture(frame, plan.recipe, { signal });
      return encodePicture(picture, encodeOptions(order, plan));
    },
  });
}

/** The frames as one animated picture. Throws DicomwebError not-acceptable beyond the limits. */
export async function renderAnimation(
  dependencies: RetrievalDependencies,
  order: FramesOrder,
  reader: Reader,
): Promise<Buffer> {
  const { source, frameIndexes, style } = order;
  const { size } = order.plan(frameIndexes[0] ?? 0, source.description.photometricInterpretation);
  const pixels = frameIndexes.length * size.width * size.height;
  requireAnimatable(dependencies.rendering, { pixels, frames: frameIndexes.length, size });
  const release = await dependencies.rendering.animationMemory.reserve(pixels * BYTES_A_PIXEL, reader.signal);
  try {
    const frames: Picture[] = [];
    for await (const { picture, plan } of plannedPictures(dependencies, order, reader)) {
      frames.push(await scaledPicture(picture, { size, drawing: plan.drawing }));
    }
    reader.signal.throwIfAborted();
    const mediaType = style.mediaType === 'image/gif' ? 'image/gif' : 'image/webp';
    const { quality } = style;
    return await encodeAnimation(frames, {
      mediaType,
      quality,
      size,
      frameMilliseconds: frameMilliseconds(source),
    });
  } finally {
    release();
  }
}

/** Three for the frame and three for its place among the others. */
const BYTES_A_PIXEL = 6;

function requireAnimatable(
  limits: AnimationLimits,
  { pixels, frames, size }: { pixels: number; frames: number; size: { width: number; height: number } },
): void {
  if (isAnimatable(limits, pixels)) return;
  throw new DicomwebError(
    'not-acceptable',
    `${frames} frames of ${size.width} x ${size.height} pixels are too much for one animated picture, which may have ` +
      `${limits.mostAnimationPixels} pixels in all: ask with a smaller viewport, for some of the frames, or for ` +
      'multipart/related; type="image/jpeg"',
  );
}

interface PlannedPicture {
  readonly picture: Picture;
  readonly plan: FramePlan;
}

async function* plannedPictures(
  dependencies: RetrievalDependencies,
  { source, frameIndexes, plan: planFrame }: FramesOrder,
  reader: Reader,
): AsyncGenerator<PlannedPicture> {
  // What codecs give is nobody else's; native frames may share the buffer they were read in.
  const isOwned = source.layout.kind === 'encapsulated';
  let position = 0;
  for await (const frame of decodedFrames(dependencies, source, frameIndexes, reader)) {
    const plan = planFrame(frameIndexes[position] ?? 0, frame.photometricInterpretation);
    const options = { signal: reader.signal, isOwned };
    yield { picture: await dependencies.codecs.makePicture(frame, plan.recipe, options), plan };
    position += 1;
  }
}

function encodeOptions({ source, style }: FramesOrder, { size, drawing }: FramePlan): EncodeOptions {
  const { mediaType, quality, iccProfile } = style;
  const sourceProfile = iccProfile === undefined ? undefined : iccProfileOf(source.dataSet);
  return { mediaType, quality, profile: iccProfile, sourceProfile, size, drawing };
}
