import { TransferSyntaxes as T, type TransferSyntax } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { parseAccept } from './accept.ts';
import { negotiate } from './negotiate.ts';
import { isVideo, mediaTypeOfPixelData } from './pixel-media-types.ts';
import {
  bulkDataOffer,
  type Codecs,
  dicomOffers,
  isSentByWebServices,
  longestValueBytes,
  pixelDataOffers,
  type StoredContent,
} from './retrieve-offers.ts';

const explicit = T.ExplicitVRLittleEndian.uid;
const everything: Codecs = { canDecode: () => true, losslessTargets: [T.JPEGLSLossless.uid] };

function instance(stored: StoredContent, syntax: string | undefined, codecs?: Codecs): string | undefined {
  const header = `multipart/related; type="application/dicom"${syntax === undefined ? '' : `; transfer-syntax=${syntax}`}`;
  const offer = negotiate(parseAccept(header), dicomOffers(stored, true, codecs));
  return offer === undefined ? undefined : `${offer.transferSyntax} ${offer.conversion}`;
}

function frame(stored: StoredContent, header: string, codecs?: Codecs): string | undefined {
  const offer = negotiate(parseAccept(header), pixelDataOffers(stored, true, codecs));
  return offer === undefined ? undefined : `${offer.mediaType} ${offer.transferSyntax} ${offer.conversion}`;
}

const asStored = (syntax: TransferSyntax): string => `${syntax.uid} none`;

describe('dicomOffers without codecs', () => {
  it.each<[string, TransferSyntax, string | undefined, string | undefined]>([
    ['native', T.ExplicitVRLittleEndian, undefined, asStored(T.ExplicitVRLittleEndian)],
    ['native', T.ExplicitVRLittleEndian, '*', asStored(T.ExplicitVRLittleEndian)],
    ['native', T.ExplicitVRLittleEndian, explicit, asStored(T.ExplicitVRLittleEndian)],
    ['implicit', T.ImplicitVRLittleEndian, undefined, `${explicit} to-explicit-little-endian`],
    ['implicit', T.ImplicitVRLittleEndian, '*', `${explicit} to-explicit-little-endian`],
    ['implicit asked for', T.ImplicitVRLittleEndian, T.ImplicitVRLittleEndian.uid, undefined],
    ['big endian', T.ExplicitVRBigEndian, '*', `${explicit} to-explicit-little-endian`],
    ['big endian asked for', T.ExplicitVRBigEndian, T.ExplicitVRBigEndian.uid, undefined],
    ['GE private', T.GEPrivateImplicitVRBigEndianPixelData, '*', `${explicit} to-explicit-little-endian`],
    ['deflated', T.DeflatedExplicitVRLittleEndian, undefined, `${explicit} to-explicit-little-endian`],
    ['deflated', T.DeflatedExplicitVRLittleEndian, '*', asStored(T.DeflatedExplicitVRLittleEndian)],
    ['lossless', T.JPEGLSLossless, undefined, undefined],
    ['lossless', T.JPEGLSLossless, explicit, undefined],
    ['lossless', T.JPEGLSLossless, '*', asStored(T.JPEGLSLossless)],
    ['lossless', T.JPEGLSLossless, T.JPEGLSLossless.uid, asStored(T.JPEGLSLossless)],
    ['lossless', T.JPEGLSLossless, T.RLELossless.uid, undefined],
    ['lossy', T.JPEGBaseline8Bit, undefined, asStored(T.JPEGBaseline8Bit)],
    ['lossy', T.JPEGBaseline8Bit, '*', asStored(T.JPEGBaseline8Bit)],
    ['lossy', T.JPEGBaseline8Bit, explicit, undefined],
    ['perhaps lossy', T.JPEG2000, undefined, asStored(T.JPEG2000)],
    ['video', T.MPEG4HP41, undefined, asStored(T.MPEG4HP41)],
    ['by reference', T.JPIPReferenced, undefined, asStored(T.JPIPReferenced)],
  ])('%s: %o for transfer-syntax %s', (_what, transferSyntax, syntax, expected) => {
    expect(instance({ transferSyntax }, syntax)).toBe(expected);
  });

  it('knows whether lossy is so', () => {
    expect(instance({ transferSyntax: T.JPEG2000, isLossy: false }, undefined)).toBeUndefined();
    expect(instance({ transferSyntax: T.JPEG2000, isLossy: true }, undefined)).toBe(asStored(T.JPEG2000));
  });

  it('leaves as stored what is too long to be decoded', () => {
    const huge = { transferSyntax: T.JPEGLSLossless, decodedLength: longestValueBytes + 1 };
    expect(instance(huge, undefined)).toBe(asStored(T.JPEGLSLossless));
    expect(instance(huge, explicit, everything)).toBeUndefined();
  });

  it('re-encodes an instance without pixel data, whatever its syntax', () => {
    const report = { transferSyntax: T.JPEGBaseline8Bit, hasPixelData: false };
    expect(instance(report, undefined)).toBe(`${explicit} to-explicit-little-endian`);
    expect(instance(report, '*')).toBe(asStored(T.JPEGBaseline8Bit));
  });

  it('offers a single part where one is asked for', () => {
    const offers = dicomOffers({ transferSyntax: T.ExplicitVRLittleEndian }, false);
    expect(negotiate(parseAccept('application/dicom'), offers)?.multipart).toBe(false);
    expect(negotiate(parseAccept('multipart/related; type="application/dicom"'), offers)).toBeUndefined();
  });
});

describe('dicomOffers with codecs', () => {
  it.each<[TransferSyntax, string | undefined, string | undefined]>([
    [T.RLELossless, undefined, `${explicit} decode`],
    [T.RLELossless, '*', asStored(T.RLELossless)],
    [T.RLELossless, T.JPEGLSLossless.uid, `${T.JPEGLSLossless.uid} encode-lossless`],
    [T.ImplicitVRLittleEndian, T.JPEGLSLossless.uid, `${T.JPEGLSLossless.uid} encode-lossless`],
    [T.ImplicitVRLittleEndian, undefined, `${explicit} to-explicit-little-endian`],
    [T.JPEGBaseline8Bit, undefined, asStored(T.JPEGBaseline8Bit)],
    [T.JPEGBaseline8Bit, explicit, `${explicit} decode`],
    [T.RLELossless, T.JPEGBaseline8Bit.uid, undefined],
  ])('%o for transfer-syntax %s', (transferSyntax, syntax, expected) => {
    expect(instance({ transferSyntax }, syntax, everything)).toBe(expected);
  });
});

describe('pixelDataOffers', () => {
  const octets = 'multipart/related; type="application/octet-stream"';
  const octetsAny = `${octets}; transfer-syntax=*`;
  it.each<[TransferSyntax, string, string | undefined]>([
    [T.ExplicitVRLittleEndian, octets, `application/octet-stream ${explicit} none`],
    [T.ExplicitVRLittleEndian, '*/*', `application/octet-stream ${explicit} none`],
    [T.ExplicitVRLittleEndian, 'multipart/related; type="image/jpeg"', undefined],
    [T.ImplicitVRLittleEndian, octets, `application/octet-stream ${explicit} to-explicit-little-endian`],
    [T.ExplicitVRBigEndian, octetsAny, `application/octet-stream ${explicit} to-explicit-little-endian`],
    [T.EncapsulatedUncompressedExplicitVRLittleEndian, octets, `application/octet-stream ${explicit} none`],
    [T.JPEGLSLossless, octets, undefined],
    [T.JPEGLSLossless, '*/*', undefined],
    [T.JPEGLSLossless, octetsAny, `application/octet-stream ${T.JPEGLSLossless.uid} none`],
    [T.JPEGLSLossless, '*/*; transfer-syntax=*', `image/jls ${T.JPEGLSLossless.uid} none`],
    [T.JPEGLSLossless, 'multipart/related; type="image/jls"', `image/jls ${T.JPEGLSLossless.uid} none`],
    [T.JPEGLSLossless, 'multipart/related; type="image/*"', `image/jls ${T.JPEGLSLossless.uid} none`],
    [
      T.JPEGLSLossless,
      `multipart/related; type="image/jls"; transfer-syntax=${T.JPEGLSNearLossless.uid}`,
      undefined,
    ],
    [T.JPEGBaseline8Bit, octets, `application/octet-stream ${T.JPEGBaseline8Bit.uid} none`],
    [T.JPEGBaseline8Bit, '*/*', `image/jpeg ${T.JPEGBaseline8Bit.uid} none`],
    [T.MPEG4HP41, 'multipart/related; type="video/*"', `video/mp4 ${T.MPEG4HP41.uid} none`],
    [T.HEVCMP51, 'multipart/related; type="video/h265"', `video/H265 ${T.HEVCMP51.uid} none`],
    [
      T.DeflatedImageFrameCompression,
      octetsAny,
      `application/octet-stream ${T.DeflatedImageFrameCompression.uid} none`,
    ],
    [T.DeflatedImageFrameCompression, octets, undefined],
  ])('%o for %s', (transferSyntax, header, expected) => {
    expect(frame({ transferSyntax }, header)).toBe(expected);
  });

  it('decodes where it can', () => {
    const stored = { transferSyntax: T.JPEGLSLossless };
    expect(frame(stored, octets, everything)).toBe(`application/octet-stream ${explicit} decode`);
    expect(frame(stored, '*/*', everything)).toBe(`application/octet-stream ${explicit} decode`);
    expect(frame(stored, octetsAny, everything)).toBe(
      `application/octet-stream ${T.JPEGLSLossless.uid} none`,
    );
  });
});

describe('pixelDataOffers with codecs', () => {
  const all: Codecs = {
    canDecode: () => true,
    losslessTargets: [T.RLELossless, T.JPEGLSLossless, T.HTJ2KLossless, T.HTJ2KLosslessRPCL].map(
      ({ uid }) => uid,
    ),
  };
  const part = (type: string, syntax?: string) =>
    `multipart/related; type="${type}"${syntax === undefined ? '' : `; transfer-syntax=${syntax}`}`;
  const encoded = (type: string, { uid }: TransferSyntax) => `${type} ${uid} encode-lossless`;
  it.each<[TransferSyntax, string, string | undefined]>([
    [T.ExplicitVRLittleEndian, '*/*', `application/octet-stream ${explicit} none`],
    [T.ExplicitVRLittleEndian, '*/*; transfer-syntax=*', `application/octet-stream ${explicit} none`],
    // The media type alone means its default syntax (PS3.18 Table 8.7.3-5).
    [T.ExplicitVRLittleEndian, part('image/jls'), encoded('image/jls', T.JPEGLSLossless)],
    [T.ImplicitVRLittleEndian, part('image/jphc'), encoded('image/jphc', T.HTJ2KLossless)],
    [
      T.ExplicitVRBigEndian,
      part('image/jphc', T.HTJ2KLosslessRPCL.uid),
      encoded('image/jphc', T.HTJ2KLosslessRPCL),
    ],
    [T.JPEGLSNearLossless, part('image/jls'), `image/jls ${T.JPEGLSNearLossless.uid} none`],
    [T.JPEGLSLossless, part('image/dicom-rle'), encoded('image/dicom-rle', T.RLELossless)],
    [T.JPEGBaseline8Bit, part('image/jls'), encoded('image/jls', T.JPEGLSLossless)],
    [
      T.JPEGBaseline8Bit,
      part('application/octet-stream', explicit),
      `application/octet-stream ${explicit} decode`,
    ],
    [T.JPEG2000, part('application/octet-stream', explicit), `application/octet-stream ${explicit} decode`],
    [T.EncapsulatedUncompressedExplicitVRLittleEndian, '*/*', `application/octet-stream ${explicit} none`],
    [
      T.EncapsulatedUncompressedExplicitVRLittleEndian,
      part('image/jls'),
      encoded('image/jls', T.JPEGLSLossless),
    ],
    [
      T.ExplicitVRLittleEndian,
      part('application/octet-stream', T.JPEGLSLossless.uid),
      encoded('application/octet-stream', T.JPEGLSLossless),
    ],
    [T.ExplicitVRLittleEndian, part('image/jpeg'), undefined],
    [T.ExplicitVRLittleEndian, part('image/jls', T.JPEGLSNearLossless.uid), undefined],
  ])('%o for %s', (transferSyntax, header, expected) => {
    expect(frame({ transferSyntax }, header, all)).toBe(expected);
  });

  it('decodes by default what is not lossy in a syntax that allows both', () => {
    const stored = { transferSyntax: T.JPEG2000 };
    expect(frame({ ...stored, isLossy: false }, '*/*', all)).toBe(
      `application/octet-stream ${explicit} decode`,
    );
    expect(frame({ ...stored, isLossy: true }, '*/*', all)).toBe(`image/jp2 ${T.JPEG2000.uid} none`);
    expect(frame(stored, '*/*', all)).toBe(`image/jp2 ${T.JPEG2000.uid} none`);
  });

  it('has no compressed form of an instance without pixel data', () => {
    const report = { transferSyntax: T.ExplicitVRLittleEndian, hasPixelData: false };
    expect(instance(report, T.JPEGLSLossless.uid, all)).toBeUndefined();
  });
});

describe('isSentByWebServices', () => {
  it('leaves out implicit VR and big endian', () => {
    const left = Object.values(T).filter((syntax: TransferSyntax) => !isSentByWebServices(syntax));
    expect(left).toEqual([
      T.ImplicitVRLittleEndian,
      T.ExplicitVRBigEndian,
      T.Papyrus3ImplicitVRLittleEndian,
      T.GEPrivateImplicitVRBigEndianPixelData,
    ]);
  });
});

describe('media types of pixel data', () => {
  it.each([
    [T.JPEGLosslessSV1, 'image/jpeg'],
    [T.JPEG2000MC, 'image/jpx'],
    [T.JPEG2000, 'image/jp2'],
    [T.HTJ2KLosslessRPCL, 'image/jphc'],
    [T.JPEGXL, 'image/jxl'],
    [T.RLELossless, 'image/dicom-rle'],
    [T.MPEG2MPHLF, 'video/mpeg'],
    [T.ExplicitVRLittleEndian, 'application/octet-stream'],
  ])('%o', (syntax, expected) => {
    expect(mediaTypeOfPixelData(syntax)).toBe(expected);
    expect(isVideo(syntax)).toBe(expected.startsWith('video/'));
  });
});

describe('bulkDataOffer', () => {
  it('is found by its type and by anything', () => {
    const offers = [bulkDataOffer(true)];
    expect(negotiate(parseAccept('*/*'), offers)).toBeDefined();
    expect(
      negotiate(parseAccept('multipart/related; type="application/octet-stream"'), offers),
    ).toBeDefined();
    expect(negotiate(parseAccept('image/jpeg'), offers)).toBeUndefined();
  });
});
