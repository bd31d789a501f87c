/** What images can be rendered into (PS3.18 §8.7.4, Table 8.7.4-1), for `negotiate` to pick from. */
import type { Representation } from './negotiate.ts';

/** Media types of pictures, the default first. */
export const pictureTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const;
/** One of {@link pictureTypes}. */
export type PictureType = (typeof pictureTypes)[number];

/** Media types that hold several pictures, one after the other. */
export const animatedTypes = ['image/gif', 'image/webp'] as const;

/** Pictures in one media type. */
export interface RenderedOffer extends Representation {
  readonly mediaType: PictureType;
  /** Whether all frames are in one animated picture. */
  readonly isAnimated: boolean;
}

/** How a resource with pictures can be answered. */
export interface RenderedContent {
  /** Whether it has one picture and no more. */
  readonly isSinglePicture: boolean;
  /** Whether its pictures may go as one animation; it comes before multipart then. */
  readonly isAnimatable?: boolean;
}

/**
 * The representations in order of preference. One picture goes alone, or in multipart/related where that is asked for.
 * Several go as one animated picture, or one part each (§8.6.1.2).
 */
export function renderedOffers({ isSinglePicture, isAnimatable = false }: RenderedContent): RenderedOffer[] {
  const parts = pictureTypes.map((mediaType) => offer(mediaType, { multipart: true }));
  if (isSinglePicture) return [...pictureTypes.map((mediaType) => offer(mediaType, {})), ...parts];
  if (!isAnimatable) return parts;
  return [...animatedTypes.map((mediaType) => offer(mediaType, { isAnimated: true })), ...parts];
}

/** Thumbnails are one picture alone (§10.4.3.3.4). */
export function thumbnailOffers(): RenderedOffer[] {
  return pictureTypes.map((mediaType) => offer(mediaType, {}));
}

function offer(
  mediaType: PictureType,
  { multipart = false, isAnimated = false }: { multipart?: boolean; isAnimated?: boolean },
): RenderedOffer {
  return { mediaType, multipart, isAnimated, isDefaultType: true };
}
