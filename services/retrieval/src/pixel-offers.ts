/** What the stored pixel data of an instance can be answered with. */
import type { InstanceLocation } from '@sandyq/database';
import { type PixelDataLayout, TransferSyntaxes, transferSyntaxOf } from '@sandyq/dicom';
import { pixelDataOffers, type RetrieveOffer } from '@sandyq/dicomweb';

/** The offers for frames or pixel data; those of a single part only where one part can hold it all. */
export function pixelOffers(
  { transferSyntaxUid }: Pick<InstanceLocation, 'transferSyntaxUid'>,
  { kind }: PixelDataLayout,
  fitsOnePart: boolean,
): RetrieveOffer[] {
  const known = transferSyntaxOf(transferSyntaxUid);
  if (known === undefined) return [];
  // Deflating is about the data set, not its pixels; native pixel data labelled as compressed are met in the field.
  const isPlain = kind === 'native' && (known.deflated || known.encapsulated);
  const transferSyntax = isPlain ? TransferSyntaxes.ExplicitVRLittleEndian : known;
  const offers = pixelDataOffers({ transferSyntax }, true);
  return fitsOnePart ? [...offers, ...pixelDataOffers({ transferSyntax }, false)] : offers;
}
