import { describe, expect, it } from 'vitest';
import { groupOf, isKeyword, isPrivateCreator, isPrivateTag, parseTag, Tags, tagToHex } from './tag.ts';

describe('tags', () => {
  it.each([
    ['00080018', 0x00080018],
    ['0008,0018', 0x00080018],
    ['(0008,0018)', 0x00080018],
    ['7fe00010', 0x7fe00010],
    ['(FFFC,FFFC)', 0xfffcfffc],
    ['SOPInstanceUID', 0x00080018],
    ['DataSetTrailingPadding', 0xfffcfffc],
  ])('reads %s', (text, tag) => {
    expect(parseTag(text)).toBe(tag);
  });

  it.each([
    '',
    '0008001',
    '000800180',
    '(0008,0018',
    '0008-0018',
    'sopinstanceuid',
    'toString',
    '__proto__',
    ' 00080018',
  ])('knows "%s" is none', (text) => {
    expect(parseTag(text)).toBeUndefined();
    expect(isKeyword(text)).toBe(false);
  });

  it('writes eight upper-case digits', () => {
    expect([tagToHex(Tags.SOPInstanceUID), tagToHex(0xfffcfffc)]).toEqual(['00080018', 'FFFCFFFC']);
  });

  it('knows groups and private tags', () => {
    expect([groupOf(0xfffcfffc), groupOf(Tags.PixelData)]).toEqual([0xfffc, 0x7fe0]);
    expect([isPrivateTag(0x00091001), isPrivateTag(0xfffd0010), isPrivateTag(Tags.PatientID)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([0x00090010, 0x000900ff, 0x0009000f, 0x00090100, 0x00080010].map(isPrivateCreator)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
