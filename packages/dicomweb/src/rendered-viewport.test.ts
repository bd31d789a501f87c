import { describe, expect, it } from 'vitest';
import { fitInto, parseViewport, placeViewport } from './rendered-viewport.ts';

const source = { width: 100, height: 50 };
const place = (text: string) => placeViewport(parseViewport(text, true), source);

describe('viewport (PS3.18 §8.3.5.1.3)', () => {
  it('shows everything unless a region is named', () => {
    const whole = { left: 0, top: 0, width: 100, height: 50 };
    for (const text of ['10,20', '10,20,,,,', '10,20,0,0', '10,20,0,0,100,50', ' 10 , 20 ,,,500,500']) {
      expect(place(text)).toEqual({
        region: whole,
        isMirrored: false,
        isUpsideDown: false,
        viewport: { width: 10, height: 20 },
      });
    }
  });

  it('cuts whole pixels out and mirrors by the sign', () => {
    expect(place('1,1,10,20,-30,10')).toMatchObject({
      region: { left: 10, top: 20, width: 30, height: 10 },
      isMirrored: true,
      isUpsideDown: false,
    });
    expect(place('1,1,,,,-10')).toMatchObject({ region: { height: 10, width: 100 }, isUpsideDown: true });
    expect(place('1,1,10.5,20.5,1.2,0.4')).toMatchObject({
      region: { left: 10, top: 20, width: 2, height: 1 },
    });
    expect(place('1,1,-10,-20,5,5')).toMatchObject({ region: { left: 10, top: 20 }, isMirrored: false });
    expect(place('1,1,99.9,49.9')).toMatchObject({ region: { left: 99, top: 49, width: 1, height: 1 } });
  });

  it.each([
    '',
    '1',
    '1,2,3,4,5,6,7',
    'a,1',
    '1.5,1',
    '-1,1',
    '0,5',
    '1,1,x',
    '1,1,,,0',
    '1,1,,,,0',
    '1,1,1e9',
  ])('refuses %s', (text) => {
    expect(() => parseViewport(text, true)).toThrow(expect.objectContaining({ parameter: 'viewport' }));
  });

  it('refuses a region that lies outside', () => {
    expect(() => place('1,1,100')).toThrow('outside');
    expect(() => place('1,1,,50')).toThrow('outside');
  });

  it('is filled as far as the aspect ratio allows', () => {
    expect(fitInto(source, { width: 50, height: 50 })).toEqual({ width: 50, height: 25 });
    expect(fitInto(source, { width: 500, height: 100 })).toEqual({ width: 200, height: 100 });
    expect(fitInto({ width: 1000, height: 1 }, { width: 10, height: 10 })).toEqual({ width: 10, height: 1 });
    expect(fitInto(source, { width: 10, height: Number.POSITIVE_INFINITY })).toEqual({
      width: 10,
      height: 5,
    });
  });
});
