/** An instance as the benchmark holds it: the file in pieces, of which the long ones are shared with other instances. */
import type { RawIdentity } from '../../support/raw-instance.ts';

/** A Part 10 file that can be sent and recognised. */
export interface LoadInstance extends RawIdentity {
  readonly transferSyntaxUid: string;
  /** The whole file in order. */
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** Where the value of Pixel Data begins in the file. */
  readonly pixelOffset: number;
  readonly frames: readonly LoadFrame[];
}

/** A frame as it is stored. */
export interface LoadFrame {
  /** Where it begins in the file. */
  readonly offset: number;
  readonly pieces: readonly Buffer[];
}

/** Length of all pieces. */
export function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** `/studies/{study}/series/{series}/instances/{instance}`. */
export function instancePath({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: RawIdentity): string {
  return `/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
}
