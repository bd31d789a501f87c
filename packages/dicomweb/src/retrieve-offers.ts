/**
 * What stored content can be answered with, in the archive's order of preference, for `negotiate` to pick from
 * (PS3.18 §8.7.3, §8.7.8):
 * - Implicit VR Little Endian and big endian are never sent (§8.7.3); such content goes as Explicit VR Little Endian.
 * - Without a transfer-syntax parameter, native and losslessly compressed content goes as Explicit VR Little Endian;
 *   lossy, video and too large content as stored, named in the Content-Type.
 * - `transfer-syntax=*` is answered as stored.
 * - Nothing is ever encoded lossily: that would be another SOP instance (PS3.3 C.7.6.1.1.5).
 */
import { type TransferSyntax, TransferSyntaxes, transferSyntaxOf } from '@sandyq/dicom';
import type { Representation } from './negotiate.ts';
import { isDefaultOfMediaType, isVideo, mediaTypeOfPixelData, octetStream } from './pixel-media-types.ts';

/** What has to be done to stored content to answer with it. */
export type Conversion =
  /** The stored bytes go out. */
  | 'none'
  /** Native content is re-encoded as Explicit VR Little Endian; no pixel decoder is needed. */
  | 'to-explicit-little-endian'
  /** Pixel data is decoded; the rest becomes Explicit VR Little Endian. */
  | 'decode'
  /** Pixel data is encoded losslessly (decoded first if compressed). */
  | 'encode-lossless';

/** A representation and how to get it from what is stored. */
export interface RetrieveOffer extends Representation {
  readonly transferSyntax: string;
  readonly conversion: Conversion;
}

/** What the negotiation must know of stored content. */
export interface StoredContent {
  readonly transferSyntax: TransferSyntax;
  /** False if the instance has no pixel data, so that its transfer syntax compresses nothing. */
  readonly hasPixelData?: boolean | undefined;
  /** Lossy Image Compression (0028,2110): whether '01'. Decides where the syntax allows both; absent counts as lossy. */
  readonly isLossy?: boolean | undefined;
  /** Length of the pixel data when decoded, in bytes. */
  readonly decodedLength?: number | undefined;
}

/** What the archive's codecs can do; none of it unless said. */
export interface Codecs {
  canDecode?(syntax: TransferSyntax): boolean;
  /** UIDs of the syntaxes it encodes losslessly, in order of preference. */
  readonly losslessTargets?: readonly string[];
}

/** Longest value an explicit length can say (PS3.5 §7.1.2), in bytes. */
export const longestValueBytes = 0xffff_fffe;

const explicitLittleEndian = TransferSyntaxes.ExplicitVRLittleEndian.uid;

/**
 * Offers for an instance as application/dicom (PS3.18 Table 8.7.3-2).
 *
 * @param multipart whether the answer is multipart/related; a single instance can also go alone
 */
export function dicomOffers(stored: StoredContent, multipart: boolean, codecs: Codecs = {}): RetrieveOffer[] {
  return inSyntaxes(stored, codecs).map((offer) => ({
    ...offer,
    mediaType: 'application/dicom',
    multipart,
    isDefaultType: true,
  }));
}

/**
 * Offers for frames or for the pixel data as bulk data (PS3.18 Tables 8.7.3-4 and 8.7.3-5). Content as stored is
 * offered under its own media type, and as application/octet-stream to those who ask for that type with
 * `transfer-syntax=*`; its default selection follows the rule at the head of this file.
 */
export function pixelDataOffers(
  stored: StoredContent,
  multipart: boolean,
  codecs: Codecs = {},
): RetrieveOffer[] {
  const { transferSyntax } = stored;
  const isUncompressed = isEncapsulatedUncompressed(transferSyntax);
  const storedType = mediaTypeOfPixelData(transferSyntax);
  const offers: RetrieveOffer[] = isUncompressed
    ? [octets(explicitLittleEndian, 'none', multipart, true)]
    : [];
  for (const offer of inSyntaxes(stored, codecs)) {
    if (offer.conversion === 'encode-lossless') {
      offers.push(...encodedOffers(offer, multipart));
      continue;
    }
    // Without their items the frames are native ones, as offered already.
    if (isUncompressed) continue;
    const isOctets = offer.transferSyntax === explicitLittleEndian || offer.conversion !== 'none';
    if (isOctets || storedType === octetStream) {
      offers.push(octets(offer.transferSyntax, offer.conversion, multipart, offer.isDefaultSyntax === true));
      continue;
    }
    const isDefault = offer.isDefaultSyntax === true;
    offers.push({
      ...offer,
      mediaType: storedType,
      multipart,
      isDefaultSyntax: true,
      isDefaultType: isDefault,
    });
    offers.push({ ...octets(offer.transferSyntax, 'none', multipart, isDefault), isDefaultType: false });
  }
  return offers;
}

/**
 * Under its own media type, which without a transfer-syntax parameter means the default one of the type (PS3.18 Table
 * 8.7.3-5); as application/octet-stream for those who name the syntax.
 */
function encodedOffers({ transferSyntax, conversion }: InSyntax, multipart: boolean): RetrieveOffer[] {
  const target = transferSyntaxOf(transferSyntax);
  if (target === undefined) return [];
  const offer = { transferSyntax, conversion, multipart, isDefaultType: false };
  const named = { ...offer, mediaType: octetStream, isDefaultSyntax: false };
  const mediaType = mediaTypeOfPixelData(target);
  if (mediaType === octetStream) return [named];
  return [{ ...offer, mediaType, isDefaultSyntax: isDefaultOfMediaType(target) }, named];
}

/** The offer for bulk data that is not pixel data: bytes in little endian (PS3.18 §8.7.3.3.1). */
export function bulkDataOffer(multipart: boolean, mediaType: string = octetStream): Representation {
  return { mediaType, multipart, isDefaultType: true };
}

/** Whether a syntax may be sent by web services at all (PS3.18 §8.7.3). */
export function isSentByWebServices(syntax: TransferSyntax): boolean {
  return syntax.explicitVr && syntax.byteOrder === 'little' && syntax.pixelDataByteOrder === 'little';
}

type InSyntax = Pick<RetrieveOffer, 'transferSyntax' | 'conversion' | 'isDefaultSyntax'>;

function inSyntaxes(stored: StoredContent, codecs: Codecs): InSyntax[] {
  const { transferSyntax } = stored;
  const isStoredDefault = transferSyntax.uid === explicitLittleEndian || staysAsStored(stored);
  const offers: InSyntax[] = [];
  if (isSentByWebServices(transferSyntax)) {
    offers.push({ transferSyntax: transferSyntax.uid, conversion: 'none', isDefaultSyntax: isStoredDefault });
  }
  const conversion = conversionToExplicit(stored, codecs);
  if (conversion !== undefined) {
    offers.push({ transferSyntax: explicitLittleEndian, conversion, isDefaultSyntax: !isStoredDefault });
  }
  if (stored.hasPixelData !== false && isReadable(stored, codecs)) {
    for (const target of codecs.losslessTargets ?? []) {
      if (target !== transferSyntax.uid)
        offers.push({ transferSyntax: target, conversion: 'encode-lossless' });
    }
  }
  return offers;
}

function conversionToExplicit(stored: StoredContent, codecs: Codecs): Conversion | undefined {
  const { transferSyntax, decodedLength } = stored;
  if (transferSyntax.uid === explicitLittleEndian) return undefined;
  if (isNative(stored)) return 'to-explicit-little-endian';
  if ((decodedLength ?? 0) > longestValueBytes) return undefined;
  return isReadable(stored, codecs) ? 'decode' : undefined;
}

function isReadable(stored: StoredContent, codecs: Codecs): boolean {
  return isNative(stored) || codecs.canDecode?.(stored.transferSyntax) === true;
}

/** Native pixel data, or none: the data set only differs in its encoding. */
function isNative({ transferSyntax, hasPixelData }: StoredContent): boolean {
  return hasPixelData === false || (transferSyntax.compression === 'none' && !transferSyntax.encapsulated);
}

function isEncapsulatedUncompressed(syntax: TransferSyntax): boolean {
  return syntax.compression === 'none' && syntax.encapsulated;
}

/** Lossy, video, too large, or pixel data that is not in the instance: left as stored where no syntax is named. */
function staysAsStored(stored: StoredContent): boolean {
  if (isNative(stored)) return false;
  const { transferSyntax, isLossy, decodedLength } = stored;
  const { lossy, compression } = transferSyntax;
  if (lossy === 'always' || (lossy === 'possible' && isLossy !== false)) return true;
  if (isVideo(transferSyntax) || compression === 'jpip' || compression === 'smpte-2110') return true;
  return (decodedLength ?? 0) > longestValueBytes;
}

function octets(
  transferSyntax: string,
  conversion: Conversion,
  multipart: boolean,
  isDefaultSyntax: boolean,
): RetrieveOffer {
  return {
    mediaType: octetStream,
    multipart,
    transferSyntax,
    conversion,
    isDefaultSyntax,
    isDefaultType: true,
  };
}
