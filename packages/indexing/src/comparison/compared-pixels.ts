/** What must be known of a stored instance to read and decode its frames; small, whatever its data set holds. */
import type { Part10File, PixelDataLayout, TransferSyntax } from '@sandyq/dicom';
import { describePixels, layoutPixelData, PixelDataError, type PixelDescription } from '@sandyq/pixel-data';
import type { EntryReference, ObjectStore } from '@sandyq/storage';

export interface ComparedPixels {
  readonly kind: 'described';
  readonly store: ObjectStore;
  readonly entry: EntryReference;
  readonly description: PixelDescription;
  readonly layout: PixelDataLayout;
  readonly compression: TransferSyntax['compression'];
}

/** No frame can be told apart, and why. */
export interface UnclearPixels {
  readonly kind: 'unclear';
  readonly why: string;
}

/** By what the data set itself says; receipts of older versions may have known less. */
export function comparedPixels(
  store: ObjectStore,
  entry: EntryReference,
  { pixelData, dataSet, byteOrder, transferSyntax }: Part10File,
): ComparedPixels | UnclearPixels {
  const description = describePixels(dataSet, byteOrder);
  if (pixelData === undefined || description === undefined)
    return { kind: 'unclear', why: 'pixels-not-described' };
  try {
    const { layout } = layoutPixelData(pixelData, description, transferSyntax);
    const { compression } = transferSyntax;
    if (layout.frames === 0) return { kind: 'unclear', why: 'no-frames' };
    return { kind: 'described', store, entry, description, layout, compression };
  } catch (error) {
    if (error instanceof PixelDataError) return { kind: 'unclear', why: error.code };
    throw error;
  }
}
