import { describe, expect, it } from 'vitest';
import { entryOfKeyword, entryOfTag } from './dictionary.ts';
import { Tags } from './tag.ts';
import { isVr } from './vr.ts';

describe('dictionary', () => {
  it.each([
    ['SOPInstanceUID', 'UI', '1'],
    ['ImageType', 'CS', '2-n'],
    ['PixelData', 'OB or OW', '1'],
    ['SmallestImagePixelValue', 'US or SS', '1'],
    ['LUTData', 'US or OW', '1-n'],
    ['ContentSequence', 'SQ', '1'],
    ['ExtendedOffsetTable', 'OV', '1'],
    ['Item', 'none', '1'],
  ])('%s is %s, %s', (keyword, vr, vm) => {
    expect(entryOfKeyword(keyword)).toMatchObject({ keyword, vr, vm });
  });

  it('has an entry with a VR we know for every keyword', () => {
    const choices = new Set(['OB or OW', 'US or SS', 'US or OW', 'US or SS or OW', 'none']);
    const faulty = Object.entries(Tags).filter(([keyword, tag]) => {
      const entry = entryOfTag(tag);
      return entry?.keyword !== keyword || entry.tag !== tag || !(isVr(entry.vr) || choices.has(entry.vr));
    });
    expect(faulty).toEqual([]);
    expect(Object.keys(Tags).length).toBeGreaterThan(5000);
  });

  it('knows repeating groups and group lengths', () => {
    expect(entryOfTag(0x60020010)).toMatchObject({ tag: 0x60020010, keyword: 'OverlayRows' });
    expect(entryOfTag(0x601e3000)).toMatchObject({ keyword: 'OverlayData' });
    expect(entryOfTag(0x50043000)).toMatchObject({ keyword: 'CurveData' });
    expect(entryOfTag(0x00100000)).toMatchObject({ vr: 'UL' });
    expect(entryOfTag(0x00090000)).toMatchObject({ vr: 'UL' });
  });

  it('knows no private or unknown attributes', () => {
    expect([0x00091001, 0x60010010, 0x60200010, 0x00080fff].map((tag) => entryOfTag(tag))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(entryOfKeyword('constructor')).toBeUndefined();
  });
});
