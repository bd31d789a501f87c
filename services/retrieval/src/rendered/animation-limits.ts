/** How large an animated picture may be: it is held whole while it is made. */

/** An animation never shows fewer frames than it was asked for: it is this large, or refused. */
export interface AnimationLimits {
  /** Frames × width × height of what comes out. */
  readonly mostAnimationPixels: number;
}

/** Whether so many pixels may be one animation. */
export function isAnimatable({ mostAnimationPixels }: AnimationLimits, pixels: number): boolean {
  return pixels <= mostAnimationPixels;
}
