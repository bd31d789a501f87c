import { describe, expect, it } from 'vitest';
import { readJpeg2000Codestream } from './jpeg-2000-codestream.ts';
import { readJpegCodestream } from './jpeg-codestream.ts';
import { readJpegXlCodestream } from './jpeg-xl-codestream.ts';

const hex = (...parts: readonly string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
const truncated = expect.objectContaining({ code: 'truncated-codestream' });
const malformed = expect.objectContaining({ code: 'malformed-codestream' });

describe('readJpegCodestream', () => {
  const soi = 'ffd8';
  const eoi = 'ffd9';
  const frame = (sof: string, ids = '01 02 03', sampling = '11') =>
    `${sof} 0011 08 0005 0007 03 ${ids
      .split(' ')
      .map((id, index) => `${id}${index === 0 ? sampling : '11'}00`)
      .join('')}`;
  const scan = 'ffda 000c 03 0100 0200 0300 00 3f 00 1234ff00ffd056';

  it('reads the frame header and finds the end', () => {
    const header = { rows: 5, columns: 7, components: 3, precision: 8 };
    expect(readJpegCodestream(hex(soi, frame('ffc0'), scan, eoi, '00'))).toEqual({
      ...header,
      process: 'sequential',
      colour: undefined,
    });
    expect(readJpegCodestream(hex(soi, frame('ffc3'), scan, eoi))).toMatchObject({ process: 'lossless' });
    expect(
      readJpegCodestream(hex(soi, frame('fff7'), 'ffda 000c 03 0100 0200 0300 00 01 00 ff7f', eoi)),
    ).toMatchObject({
      process: 'jpeg-ls',
    });
    expect(readJpegCodestream(hex(soi, frame('ffc9'), scan, eoi))).toMatchObject({ process: 'other' });
  });

  it.each([
    ['Adobe, no transform', 'ffee 000e 41646f6265 0064 0000 0000 00', '01 02 03', '22', 'rgb'],
    ['Adobe, YCbCr', 'ffee 000e 41646f6265 0064 0000 0000 01', '52 47 42', '11', 'ycbcr'],
    ['JFIF', 'ffe0 0010 4a46494600 0101 00 0001 0001 0000', '01 02 03', '11', 'ycbcr'],
    ['components named R, G, B', '', '52 47 42', '11', 'rgb'],
    ['subsampled chroma', '', '01 02 03', '22', 'ycbcr'],
    ['nothing', '', '01 02 03', '11', undefined],
  ])('knows the colour by %s', (_name, segment, ids, sampling, colour) => {
    const scanOfIds = scan.replace(
      '0100 0200 0300',
      ids
        .split(' ')
        .map((id) => `${id}00`)
        .join(''),
    );
    const { colour: read } = readJpegCodestream(
      hex(soi, segment, frame('ffc0', ids, sampling), scanOfIds, eoi),
    );
    expect(read).toBe(colour);
  });

  it.each([
    ['without an end', hex(soi, frame('ffc0'), scan), truncated],
    ['without a scan', hex(soi, frame('ffc0'), eoi), truncated],
    ['with a component missing', hex(soi, frame('ffc0'), 'ffda 0008 01 0100 00 3f 00 12', eoi), truncated],
    [
      'with progressive bits missing',
      hex(soi, frame('ffc2'), 'ffda 000c 03 0100 0200 0300 00 00 00 12', eoi),
      truncated,
    ],
    ['cut in a segment', hex(soi, 'ffc0 0011 08'), truncated],
    ['of nothing', hex(), truncated],
    ['with another start', hex('ffd9'), malformed],
    ['without a frame header', hex(soi, eoi), malformed],
    ['with two frame headers', hex(soi, frame('ffc0'), frame('ffc0'), scan, eoi), malformed],
    [
      'with its height behind the scan',
      hex(soi, frame('ffc0').replace('0005', '0000'), scan, 'ffdc 0004 0005', eoi),
      malformed,
    ],
  ])('refuses an image %s', (_name, bytes, error) => {
    expect(() => readJpegCodestream(bytes)).toThrow(error);
  });
});

describe('readJpeg2000Codestream', () => {
  const siz =
    'ff51 0029 0000 00000007 00000005 00000000 00000000 00000007 00000005 00000000 00000000 0001 8b 01 01';
  const cod = 'ff52 000c 00 00 0001 00 05 04 04 00 01';
  const main = `ff4f ${siz} ${cod}`;
  const part = (parts: string, announced: string) =>
    `ff90 000a 0000 00000010 ${parts} ${announced} ff93 1234`;

  it('reads size, depth, sign and transform', () => {
    const whole = hex(main, part('00', '01'), 'ffd9');
    expect(readJpeg2000Codestream(whole)).toEqual({
      rows: 5,
      columns: 7,
      components: 1,
      precision: 12,
      isSigned: true,
      isHighThroughput: false,
      isColourTransformed: false,
      bytes: whole,
    });
    const ht = hex(
      main.replace('ff52', 'ff50 0008 00020000 0000 ff52').replace('0001 00 05', '0001 01 05'),
      part('00', '01'),
      'ffd9',
    );
    expect(readJpeg2000Codestream(ht)).toMatchObject({ isHighThroughput: true, isColourTransformed: true });
  });

  it.each([
    ['a single part without an end marker', [part('00', '01')]],
    ['more parts than announced', [part('00', '01'), part('01', '01'), 'ffd9']],
    ['a part up to the end marker, padded', ['ff90 000a 0000 00000000 00 01 ff93 1234', 'ffd9 00']],
  ])('takes %s', (_name, parts) => {
    expect(readJpeg2000Codestream(hex(main, ...parts))).toMatchObject({ rows: 5 });
  });

  it.each([
    ['cut in its part', [part('00', '01').slice(0, -2)], truncated],
    ['with a part missing', [part('00', '02'), 'ffd9'], truncated],
    ['without an end though parts may follow', [part('00', '00')], truncated],
    ['of an open part without an end', ['ff90 000a 0000 00000000 00 01 ff93 1234'], truncated],
    ['without parts', ['ff90'], truncated],
    ['with a tile beyond its tiles', ['ff90 000a 0007 00000010 00 01 ff93 1234', 'ffd9'], malformed],
  ])('refuses an image %s', (_name, parts, error) => {
    expect(() => readJpeg2000Codestream(hex(main, ...parts))).toThrow(error);
  });

  it('refuses what would make millions of tiles, and subsampled components', () => {
    const tiny = siz.replace(
      '00000007 00000005 00000000 00000000 0001',
      '00000001 00000001 00000000 00000000 0001',
    );
    const many = tiny.replace('00000007 00000005', '0000ffff 0000ffff');
    expect(() => readJpeg2000Codestream(hex('ff4f', many, cod, 'ff90'))).toThrow(malformed);
    const halved = siz.replace('8b 01 01', '8b 02 02');
    expect(() => readJpeg2000Codestream(hex('ff4f', halved, cod, 'ff90'))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

describe('readJpegXlCodestream', () => {
  /** Bits from the lowest on, as the format writes them. */
  const bits = (text: string) => {
    const clean = text.replaceAll(' ', '').padEnd(Math.ceil(text.replaceAll(' ', '').length / 8) * 8, '0');
    return Buffer.from(
      clean.match(/.{8}/g)?.map((byte) => Number.parseInt([...byte].reverse().join(''), 2)) ?? [],
    );
  };
  const start = hex('ff0a');

  it('reads small, ratio and explicit sizes', () => {
    // small, height (2 + 1) × 8, ratio 2:1, all default metadata
    expect(readJpegXlCodestream(Buffer.concat([start, bits('1 01000 111 1')]))).toEqual({
      rows: 24,
      columns: 48,
      precision: 8,
    });
    // 9 bits: height 99 + 1; no ratio; 9 bits: width 300 + 1; metadata: no extras, integers, depth choice 2 = 12
    expect(
      readJpegXlCodestream(Buffer.concat([start, bits('0 00 110001100 000 00 001101001 0 0 0 01')])),
    ).toEqual({ rows: 100, columns: 301, precision: 12 });
  });

  it('refuses what is cut or something else', () => {
    expect(() => readJpegXlCodestream(start)).toThrow(truncated);
    expect(() => readJpegXlCodestream(hex('0000000c 4a584c20 0d0a870a'))).toThrow(truncated);
    expect(() => readJpegXlCodestream(hex('ffd8'))).toThrow(malformed);
  });
});
