/** What the verdict depends on where pixel data is encoded in two ways. */
import { describe, expect, it } from 'vitest';
import { type ContentDigest, compareContent } from './content-digest.ts';

const native: ContentDigest = {
  attributes: 'a',
  patientAndStudy: 'p',
  pixelEncoding: 'MONOCHROME2',
  numberOfFrames: '1',
  pixelData: 'native bytes',
  isEncapsulated: false,
};
const compressed: ContentDigest = { ...native, pixelData: 'fragments', isEncapsulated: true };
const otherCodestream: ContentDigest = { ...compressed, pixelData: 'other fragments' };
const byPlane: ContentDigest = { ...native, pixelEncoding: 'planes', pixelData: 'bytes by plane' };
const corrected = (digest: ContentDigest): ContentDigest => ({ ...digest, patientAndStudy: 'q' });
const equalIfValuesAre = { ifPixelValuesAreEqual: 'equal-in-another-encoding' };

/** In both orders. */
function verdicts(one: ContentDigest, other: ContentDigest, isSameSyntax: boolean): readonly unknown[] {
  return [compareContent(one, other, isSameSyntax), compareContent(other, one, isSameSyntax)];
}

describe('compareContent', () => {
  it.each([
    ['native and compressed', native, compressed, false],
    ['two code streams of one transfer syntax', compressed, otherCodestream, true],
    ['two compressions', compressed, otherCodestream, false],
    ['colour by pixel and by plane', native, byPlane, true],
    ['a Number of Frames that an encoder added', native, { ...compressed, pixelEncoding: '1 frame' }, false],
  ])('leaves it to the pixel values: %s', (_, one, other, isSameSyntax) => {
    expect(verdicts(one, other, isSameSyntax)).toEqual([equalIfValuesAre, equalIfValuesAre]);
  });

  it('wants equal pixel values for a correction too', () => {
    const expected = { ifPixelValuesAreEqual: 'patient-or-study-attributes-differ' };
    expect(verdicts(native, corrected(compressed), false)).toEqual([expected, expected]);
    expect(verdicts(native, corrected(native), false)).toEqual(
      Array(2).fill('patient-or-study-attributes-differ'),
    );
  });

  it.each([
    ['another attribute', native, { ...compressed, attributes: 'b' }, false],
    ['another number of frames', native, { ...compressed, numberOfFrames: '2' }, false],
    ['other native values', native, { ...native, pixelData: 'other native bytes' }, false],
    ['only another label, in the same encoding', native, { ...native, pixelEncoding: 'MONOCHROME1' }, true],
    ['no pixel data on one side', native, { ...native, pixelData: '' }, false],
    [
      'no pixel data at all, other labels',
      { ...native, pixelData: '' },
      { ...native, pixelData: '', pixelEncoding: 'MONOCHROME1' },
      false,
    ],
  ])('calls different: %s', (_, one, other, isSameSyntax) => {
    expect(verdicts(one, other, isSameSyntax)).toEqual(['different', 'different']);
  });
});
