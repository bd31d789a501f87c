import { describe, expect, it } from 'vitest';
import { parseAccept } from './accept.ts';
import { negotiate } from './negotiate.ts';
import { renderedOffers, thumbnailOffers } from './rendered-offers.ts';
import { parseRenderedParameters, parseThumbnailViewport } from './rendered-parameters.ts';
import { longestViewportSide } from './rendered-viewport.ts';

const parse = (query: string) => parseRenderedParameters(new URLSearchParams(query));
const refusalOf = (query: string, resource: 'image' | 'presentation-state' = 'image') => {
  try {
    parseRenderedParameters(new URLSearchParams(query), resource);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('rendered parameters (PS3.18 §8.3.5)', () => {
  it('are all optional, and others are ignored', () => {
    expect(parse('foo=1&accept=image/png')).toEqual({
      annotations: [],
      unknownAnnotations: [],
      quality: undefined,
      viewport: undefined,
      window: undefined,
      iccProfile: undefined,
    });
  });

  it('are read whole', () => {
    expect(
      parse(
        'annotation=technique,patient,patient&quality=1&window=-40.5,4e2,sigmoid&iccprofile=displayp3&viewport=7,8',
      ),
    ).toMatchObject({
      annotations: ['patient', 'technique'],
      quality: 1,
      window: { center: -40.5, width: 400, function: 'SIGMOID' },
      iccProfile: 'displayp3',
      viewport: { width: 7, height: 8 },
    });
    expect(parse('window=0,1,linear').window?.function).toBe('LINEAR');
    expect(parse('window=0,0.5,linear-exact').window?.function).toBe('LINEAR_EXACT');
    expect(parse('quality=100').quality).toBe(100);
  });

  it('ignore annotations that nobody knows, and say which', () => {
    expect(parse('annotation=ward,patient,b%C3%A9d')).toMatchObject({
      annotations: ['patient'],
      unknownAnnotations: ['ward', 'b?d'],
    });
  });

  it.each([
    ['annotation', ['annotation=', 'annotation=patient,', 'annotation=patient&annotation=technique']],
    ['quality', ['quality=0', 'quality=101', 'quality=', 'quality=1.5', 'quality=-1', 'quality=1e2']],
    [
      'window',
      [
        'window=1,2',
        'window=1,2,linear,3',
        'window=1,2,Linear',
        'window=1,2,toString',
        'window=a,2,linear',
        'window=1,,linear',
        'window=1,0.9,linear',
        'window=1,0,sigmoid',
        'window=1,-5,linear-exact',
        'window=Infinity,1,linear',
        'window=0x10,1,linear',
      ],
    ],
    ['charset', ['charset=x-klingon', 'charset=']],
    ['iccprofile', ['iccprofile=', 'iccprofile=SRGB', 'iccprofile=cmyk']],
    ['viewport', ['viewport=', 'viewport=1', 'viewport=0,1', `viewport=1,${longestViewportSide + 1}`]],
  ])('%s is refused by name where it is wrong', (parameter, queries) => {
    for (const query of queries) {
      expect(refusalOf(query), query).toMatchObject({ code: 'bad-request', parameter });
    }
  });

  it('of presentation states have no window and no region', () => {
    expect(refusalOf('window=1,2,linear', 'presentation-state')).toMatchObject({ parameter: 'window' });
    expect(refusalOf('viewport=1,2,3,4', 'presentation-state')).toMatchObject({ parameter: 'viewport' });
    expect(refusalOf('viewport=1,2', 'presentation-state')).toBeUndefined();
  });

  it('of thumbnails are a size', () => {
    expect(parseThumbnailViewport(new URLSearchParams('viewport=3,4&window=x'))).toMatchObject({
      width: 3,
      height: 4,
    });
    expect(parseThumbnailViewport(new URLSearchParams(''))).toBeUndefined();
    expect(() => parseThumbnailViewport(new URLSearchParams('viewport=3,4,5,6'))).toThrow('viewport');
  });
});

describe('rendered media types (PS3.18 Table 8.7.4-1)', () => {
  const chosen = (accept: string | undefined, content: Parameters<typeof renderedOffers>[0]) => {
    const offer = negotiate(parseAccept(accept), renderedOffers(content));
    return (
      offer &&
      `${offer.multipart ? 'multipart ' : ''}${offer.mediaType}${offer.isAnimated ? ' animated' : ''}`
    );
  };
  const browser = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

  it.each([
    [undefined, 'image/jpeg'],
    ['*/*', 'image/jpeg'],
    ['image/*', 'image/jpeg'],
    ['image/png', 'image/png'],
    [browser, 'image/webp'],
    ['image/gif;q=0.5, image/png;q=0.4', 'image/gif'],
    ['multipart/related', 'multipart image/jpeg'],
    ['multipart/related; type="image/png"', 'multipart image/png'],
    ['video/mp4', undefined],
    ['application/dicom', undefined],
  ])('of one picture: %s → %s', (accept, expected) => {
    expect(chosen(accept, { isSinglePicture: true })).toBe(expected);
  });

  it.each([
    [undefined, 'image/gif animated'],
    [browser, 'image/webp animated'],
    ['image/jpeg', undefined],
    ['multipart/related; type="image/jpeg"', 'multipart image/jpeg'],
  ])('of several pictures that can be animated: %s → %s', (accept, expected) => {
    expect(chosen(accept, { isSinglePicture: false, isAnimatable: true })).toBe(expected);
  });

  it('of several pictures that can not: one part each', () => {
    expect(chosen(undefined, { isSinglePicture: false })).toBe('multipart image/jpeg');
    expect(chosen('image/gif', { isSinglePicture: false })).toBeUndefined();
  });

  it('of thumbnails: one picture', () => {
    expect(negotiate(parseAccept(undefined), thumbnailOffers())).toMatchObject({
      mediaType: 'image/jpeg',
      multipart: false,
    });
    expect(negotiate(parseAccept('multipart/related'), thumbnailOffers())).toBeUndefined();
  });
});
