import { describe, expect, it } from 'vitest';
import { parseAccept } from './accept.ts';
import { dataSetOffers, dataSetsOffers } from './metadata-offers.ts';
import { contentTypeOf, negotiate, type Representation } from './negotiate.ts';

const json: Representation = { mediaType: 'application/dicom+json', multipart: false, isDefaultType: true };
const xml: Representation = { mediaType: 'application/dicom+xml', multipart: true };

function syntaxes(...uids: string[]): Representation[] {
  return uids.map((uid, index) => ({
    mediaType: 'application/dicom',
    multipart: true,
    transferSyntax: uid,
    isDefaultSyntax: index === 0,
    isDefaultType: true,
  }));
}

function pick(
  header: string | undefined,
  offered: readonly Representation[],
  query?: string,
): string | undefined {
  const found = negotiate(parseAccept(header, query), offered);
  return found === undefined
    ? undefined
    : `${found.mediaType}${found.transferSyntax ? ` ${found.transferSyntax}` : ''}`;
}

describe('negotiate', () => {
  it.each([
    ['application/dicom+json', 'application/dicom+json'],
    ['multipart/related; type="application/dicom+xml"', 'application/dicom+xml'],
    ['multipart/related; type=application/dicom+xml', 'application/dicom+xml'],
    ['Multipart/Related; Type="Application/DICOM+XML"', 'application/dicom+xml'],
    [
      'application/dicom+json;q=0.1, multipart/related;type="application/dicom+xml";q=0.9',
      'application/dicom+xml',
    ],
    ['*/*;q=0.5, multipart/related;type="application/dicom+xml";q=0.1', 'application/dicom+json'],
    ['application/*', 'application/dicom+json'],
    ['*/*', 'application/dicom+json'],
    [undefined, 'application/dicom+json'],
    ['application/dicom+json;q=0, */*', undefined],
    ['application/dicom+xml', undefined],
    ['text/html', undefined],
    ['multipart/related', undefined],
    ['multipart/related;type="application/*"', 'application/dicom+xml'],
  ])('picks by type: %s', (header, expected) => {
    expect(pick(header, [json, xml])).toBe(expected);
  });

  it.each([
    ['multipart/related; type="application/dicom"', 'application/dicom A'],
    ['multipart/related; type="application/dicom"; transfer-syntax=B', 'application/dicom B'],
    ['multipart/related; type="application/dicom"; transfer-syntax=C', undefined],
    ['multipart/related; type="application/dicom"; transfer-syntax=*', 'application/dicom A'],
    [
      'multipart/related; type="application/dicom"; transfer-syntax=B, multipart/related; type="application/dicom"; q=0.5',
      'application/dicom B',
    ],
    [
      'multipart/related; type="application/dicom"; transfer-syntax=C, multipart/related; type="application/dicom"; transfer-syntax=*;q=0.5',
      'application/dicom A',
    ],
    ['application/dicom', undefined],
    ['multipart/*', 'application/dicom A'],
  ])('picks by transfer syntax: %s', (header, expected) => {
    expect(pick(header, syntaxes('A', 'B'))).toBe(expected);
  });

  it('asks the query parameter first, then the header', () => {
    expect(
      pick('application/dicom+json', [json, xml], 'multipart/related;type="application/dicom+xml"'),
    ).toBe('application/dicom+xml');
    expect(pick('application/dicom+json', [json, xml], 'image/jpeg')).toBe('application/dicom+json');
    expect(pick(undefined, [json, xml], 'image/jpeg')).toBeUndefined();
  });

  it('knows the former names of media types', () => {
    const jls: Representation = {
      mediaType: 'image/jls',
      multipart: true,
      transferSyntax: 'A',
      isDefaultSyntax: true,
    };
    expect(pick('multipart/related; type="image/x-jls"', [jls])).toBe('image/jls A');
    expect(pick('multipart/related; type="image/*"', [jls])).toBe('image/jls A');
    expect(pick('*/*', [jls])).toBeUndefined();
    expect(pick('*/*; transfer-syntax=*', [jls])).toBe('image/jls A');
  });

  it('prefers what the client names first where all else is equal', () => {
    const single: Representation = { mediaType: 'application/dicom', multipart: false, isDefaultType: true };
    const parts: Representation = { ...single, multipart: true };
    const header = 'multipart/related; type="application/dicom", application/dicom';
    expect(negotiate(parseAccept(header), [single, parts])).toBe(parts);
  });
});

describe('contentTypeOf', () => {
  it('names the transfer syntax', () => {
    expect(contentTypeOf(json)).toBe('application/dicom+json');
    expect(syntaxes('1.2.3').map(contentTypeOf)).toEqual(['application/dicom; transfer-syntax=1.2.3']);
  });
});

describe('offers for data sets', () => {
  it.each([
    ['application/json', 'application/json', 'application/json'],
    ['application/dicom+xml', undefined, 'application/dicom+xml'],
    ['*/*', 'application/dicom+json', 'application/dicom+json'],
  ])('%s', (header, several, one) => {
    expect(negotiate(parseAccept(header), dataSetsOffers)?.mediaType).toBe(several);
    expect(negotiate(parseAccept(header), dataSetOffers)?.mediaType).toBe(one);
  });
});
