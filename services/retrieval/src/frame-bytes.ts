/** Bytes of a frame on their way out. */

/** A frame, or a piece of a long one. */
export interface FrameBytes {
  /** Position of the frame in the list wanted, from 0. */
  readonly position: number;
  /** Whether the frame begins with it. */
  readonly isFirst: boolean;
  readonly bytes: Uint8Array;
  /** Of the whole frame, where it begins and its length is known then. */
  readonly frameLength?: number;
}
