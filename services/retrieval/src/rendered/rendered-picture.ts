/** Pictures by what they are made of: kept for those who ask again, made once for all who ask at the same time. */
import { createHash } from 'node:crypto';
import type { InstanceLocation } from '@sandyq/database';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import { annotationsOf } from './annotation-text.ts';
import { imagePlans } from './frame-plan.ts';
import type { PictureStyle } from './picture-style.ts';
import { type FramesOrder, renderAnimation, renderOneFrame } from './render-frames.ts';
import { openSource } from './render-source.ts';
import { RENDERING_VERSION } from './rendered-answer.ts';

/** A picture of a frame, or an animation of several. */
export interface PictureOrder {
  readonly location: InstanceLocation;
  /** From 0, in the order wanted. One, unless it is an animation. */
  readonly frameIndexes: readonly number[];
  readonly isAnimated?: boolean;
  readonly style: PictureStyle;
  /** What annotations say is of this revision of its series or study, as {@link seriesRevision} writes it. */
  readonly revision: string;
  /** How the frames look; by their own data set unless said. */
  readonly through?: LookedThrough | undefined;
}

/** Names its scope too: studies and series count by themselves. */
export function seriesRevision({ revision }: { readonly revision: number }): string {
  return `series ${revision}`;
}

/** Another instance that says how frames look. */
export interface LookedThrough {
  readonly sha256: Buffer;
  readonly plans: typeof imagePlans;
}

/** The picture. Throws CodecError, DicomwebError not-acceptable or bad-request, and what reading throws. */
export function renderedPicture(
  dependencies: RetrievalDependencies,
  order: PictureOrder,
  { signal, logger }: Reader,
): Promise<Buffer> {
  return dependencies.caches.pictures.get(keyOf(order), signal, async (shared) => {
    const reader = { signal: shared, logger };
    const frames = await openOrder(dependencies, order, reader);
    const render = order.isAnimated === true ? renderAnimation : renderOneFrame;
    return render(dependencies, frames, reader);
  });
}

/** What rendering needs of the instance. */
export async function openOrder(
  dependencies: RetrievalDependencies,
  { location, frameIndexes, style, through }: PictureOrder,
  reader: Reader,
): Promise<FramesOrder> {
  const source = await openSource(dependencies, location, reader);
  const draw = await annotationsOf(dependencies, source, style.annotations, reader);
  const plans = through?.plans ?? imagePlans;
  return { source, frameIndexes, style, plan: plans(source, style, draw) };
}

/** Pixels follow from received bytes alone; names and dates that are written on them can be corrected. */
function keyOf({
  location,
  frameIndexes,
  isAnimated = false,
  style,
  revision,
  through,
}: PictureOrder): string {
  const isOfRevision = style.annotations.some((keyword) => keyword !== 'overlay');
  const shape = [RENDERING_VERSION, frameIndexes, isAnimated, style, isOfRevision ? revision : ''];
  const hash = createHash('sha256').update(JSON.stringify(shape)).update(location.sha256);
  if (through !== undefined) hash.update(through.sha256);
  return hash.digest('base64');
}
