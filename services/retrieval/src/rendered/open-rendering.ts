/** What bounds rendering in a process. */
import type { Settings } from '@sandyq/http';
import type { Metrics } from '@sandyq/telemetry';
import { FrameMemory } from '../transcoding/frame-memory.ts';
import type { AnimationLimits } from './animation-limits.ts';

/** What rendering works with. */
export interface Rendering extends AnimationLimits {
  /** Animations hold all their frames at once: this much, in all requests together. */
  readonly animationMemory: FrameMemory;
}

/** One animation of the largest size allowed, and some smaller ones beside it. */
const ANIMATION_BYTES = 512 * 1024 * 1024;
const ANIMATION_WAIT_MS = 30_000;
const WAITING_ANIMATIONS = 100;

/** Makes it; nothing runs before the first request. */
export function openRendering(
  { maxAnimationPixels }: Pick<Settings, 'maxAnimationPixels'>,
  metrics: Metrics,
): Rendering {
  const memory = metrics.gauge({
    name: 'retrieval_animation_memory_bytes',
    help: 'Reserved for the frames of animated pictures that are being made.',
  });
  return {
    animationMemory: new FrameMemory({
      mostBytes: ANIMATION_BYTES,
      mostWaiting: WAITING_ANIMATIONS,
      maxWaitMs: ANIMATION_WAIT_MS,
      onChange: (bytes) => memory.set(bytes),
    }),
    mostAnimationPixels: maxAnimationPixels,
  };
}
