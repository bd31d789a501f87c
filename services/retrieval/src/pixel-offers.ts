/** What the stored pixel data of an instance can be answered with. */
import type { InstanceLocation } from '@sandyq/database';
import { type PixelDataLayout, TransferSyntaxes, transferSyntaxOf } from '@sandyq/dicom';
import { pixelDataOffers, type RetrieveOffer } from '@sandyq/dicomweb';
import { codecAbilities } from './transcoding/codec-abilities.ts';

/** What the offers depend on beside the client. */
export interface OfferedPixels {
  readonly layout: PixelDataLayout;
  /** Whether one part can hold it in this representation. */
  readonly fitsOnePart: (offer: RetrieveOffer) => boolean;
}

/** The offers for frames or pixel data; those of a single part only where one part can hold it all. */
export function pixelOffers(
  { transferSyntaxUid, pixels }: Pick<InstanceLocation, 'transferSyntaxUid' | 'pixels'>,
  { layout: { kind }, fitsOnePart }: OfferedPixels,
): RetrieveOffer[] {
  const known = transferSyntaxOf(transferSyntaxUid);
  if (known === undefined) return [];
  // Deflating is about the data set, not its pixels; native pixel data labelled as compressed are met in the field.
  const isPlain = kind === 'native' && (known.deflated || known.encapsulated);
  const transferSyntax = isPlain ? TransferSyntaxes.ExplicitVRLittleEndian : known;
  const stored = { transferSyntax, ...pixels };
  return [
    ...pixelDataOffers(stored, true, codecAbilities),
    ...pixelDataOffers(stored, false, codecAbilities).filter(fitsOnePart),
  ];
}

/** Whether frames in this representation are one native value when put together; else each is a part of its own. */
export function isOneValue({ kind }: PixelDataLayout, { conversion }: RetrieveOffer): boolean {
  return conversion === 'decode' || (kind === 'native' && conversion !== 'encode-lossless');
}
