/** What a code stream says of itself, and the comparison with what the data set says of it. */
import { CodecError } from '../codec-errors.ts';
import type { FrameShape } from '../decoded-frame.ts';

/** The image that a code stream announces. */
export interface CodestreamHeader {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bits of a sample. */
  readonly precision: number;
}

/**
 * Refuses a code stream whose image is not the one of the data set, before anything is allocated for either. Precision
 * may be less than Bits Allocated (and differ from Bits Stored, which many writers get wrong), never more.
 * @throws CodecError 'description-mismatch'
 */
export function requireSameImage(header: CodestreamHeader, shape: FrameShape): void {
  const { rows, columns, components, precision } = header;
  const isSame =
    rows === shape.rows &&
    columns === shape.columns &&
    components === shape.samplesPerPixel &&
    precision <= shape.bitsAllocated;
  if (isSame) return;
  throw new CodecError(
    'description-mismatch',
    `the code stream holds ${columns} × ${rows} pixels of ${components} × ${precision} bits, the data set says ` +
      `${shape.columns} × ${shape.rows} of ${shape.samplesPerPixel} × ${shape.bitsAllocated}`,
  );
}
