import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { element, encapsulated, identifiable, marker, part10 } from '../test-support/encode.ts';
import { inChunks, outcomeOf } from '../test-support/outcome.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

/** Generous for a loaded machine; unbounded work on these inputs takes minutes or the whole memory. */
const patience = 10_000;
const implicit = TransferSyntaxes.ImplicitVRLittleEndian.uid;
const deflated = TransferSyntaxes.DeflatedExplicitVRLittleEndian.uid;
const rle = TransferSyntaxes.RLELossless.uid;

function repeated(bytes: Uint8Array, count: number): Buffer {
  return Buffer.alloc(bytes.length * count, bytes);
}

function faultOf(bytes: Uint8Array, options?: Parameters<typeof outcomeOf>[1]): string {
  const outcome = outcomeOf([bytes], options);
  return 'fault' in outcome ? outcome.fault : 'none';
}

describe('limits', () => {
  it('100,000 nested sequences', { timeout: patience }, () => {
    const level = Buffer.concat([
      element(Tags.ContentSequence, 'SQ', '', {}, 0xffffffff),
      marker(0xfffee000, 0xffffffff),
    ]);
    expect(faultOf(part10(repeated(level, 100_000)))).toMatch(/^limit-exceeded: .*depth = 64/);
  });

  it('nesting up to the limit is read', () => {
    let inner = element(Tags.CodeValue, 'SH', 'ab');
    for (let level = 0; level < 64; level += 1) {
      inner = element(Tags.ContentSequence, 'SQ', Buffer.concat([marker(0xfffee000, inner.length), inner]));
    }
    expect(faultOf(part10(inner))).toBe('none');
    const deeper = Buffer.concat([marker(0xfffee000, inner.length), inner]);
    expect(faultOf(part10(element(Tags.ContentSequence, 'SQ', deeper)))).toMatch(/^limit-exceeded/);
  });

  it('a million empty elements, all the same or all different', { timeout: patience }, () => {
    const same = repeated(element(Tags.PatientID, 'LO'), 1_000_000);
    expect(faultOf(part10(same))).toMatch(/^limit-exceeded: .*elements = 500000/);
    const different = Buffer.from(same);
    for (let index = 0; index < 1_000_000; index += 1) {
      different.writeUInt16LE(0x10 + (index >> 16), index * 8);
      different.writeUInt16LE(index & 0xffff, index * 8 + 2);
    }
    expect(faultOf(part10(different))).toMatch(/^limit-exceeded: .*elements = 500000/);
  });

  it('two million empty items', { timeout: patience }, () => {
    const items = repeated(marker(0xfffee000, 0), 2_000_000);
    expect(faultOf(part10(element(Tags.ContentSequence, 'SQ', items)))).toMatch(
      /^limit-exceeded: .*elements/,
    );
  });

  it('more than a million fragments, or a table for them', { timeout: patience }, () => {
    const fragments = encapsulated([], [Buffer.alloc(0)]);
    const start = fragments.subarray(0, -16);
    const endless = Buffer.concat([start, repeated(marker(0xfffee000, 0), 1_000_001)]);
    expect(faultOf(part10(endless, rle))).toMatch(/^limit-exceeded: .*fragments = 1000000/);
    const table = Buffer.concat([start.subarray(0, 12), marker(0xfffee000, 4_000_004)]);
    expect(faultOf(part10(table, rle))).toMatch(/^limit-exceeded: .*fragments/);
  });

  it('kept values in all', { timeout: patience }, () => {
    const value = element(Tags.ImageComments, 'UT', 'x'.repeat(65_536));
    expect(faultOf(part10(repeated(value, 257)))).toMatch(/^limit-exceeded: .*headerBytes = 16777216/);
  });

  it('limits can be narrowed', () => {
    const bytes = part10(identifiable());
    expect(faultOf(bytes, { limits: { elements: 3 } })).toMatch(/^limit-exceeded: .*elements = 3/);
    expect(faultOf(bytes, { limits: { headerBytes: 20 } })).toMatch(/^limit-exceeded: .*headerBytes = 20/);
  });
});

describe('deflate', () => {
  it('stops an inflate bomb at the limit', { timeout: patience }, () => {
    const bomb = deflateRawSync(
      Buffer.concat([element(Tags.PixelData, 'OB', '', {}, 0xfffffff0), Buffer.alloc(64 * 1024 * 1024)]),
    );
    expect(bomb.length).toBeLessThan(70_000);
    expect(faultOf(part10(bomb, deflated), { limits: { inflatedBytes: 8 * 1024 * 1024 } })).toMatch(
      /^limit-exceeded: .*inflatedBytes/,
    );
  });

  it('refuses damage, an early end, and bytes that follow', () => {
    const bytes = deflateRawSync(identifiable({}, element(Tags.ImageComments, 'LT', 'x'.repeat(1000))));
    expect(faultOf(part10(bytes.subarray(0, -1), deflated))).toMatch(/^truncated/);
    expect(faultOf(part10(Buffer.alloc(20, 0x07), deflated))).toMatch(/^malformed/);
    expect(faultOf(part10(Buffer.concat([bytes, Buffer.alloc(1)]), deflated))).toBe('none');
    expect(faultOf(part10(Buffer.concat([bytes, Buffer.alloc(300_000, 1)]), deflated))).toMatch(/^malformed/);
  });

  it('empty blocks without end', { timeout: patience }, () => {
    const blocks = repeated(Buffer.from([0, 0, 0, 0xff, 0xff]), 200_000);
    expect(faultOf(part10(blocks, deflated))).toMatch(/^malformed/);
  });
});

describe('absurd lengths', () => {
  it.each([
    ['pixel data', element(Tags.PixelData, 'OW', 'ab', {}, 0xfffffffe), 'truncated'],
    ['a kept value', element(Tags.PatientID, 'LO', 'ab', {}, 0xffff), 'truncated'],
    ['a sequence', element(Tags.ContentSequence, 'SQ', '', {}, 0xfffffffe), 'truncated'],
    ['a text of undefined length', element(Tags.TextValue, 'UT', 'ab', {}, 0xffffffff), 'malformed'],
  ])('%s', (_name, bytes, code) => {
    expect(faultOf(part10(bytes)).split(':')[0]).toBe(code);
  });

  it.each([
    ['an element beyond its item', [marker(0xfffee000, 10), element(Tags.CodeValue, 'SH', 'abcd')]],
    ['an item beyond its sequence', [marker(0xfffee000, 99), element(Tags.CodeValue, 'SH', 'abcd')]],
    [
      'no delimiter before the end of the sequence',
      [marker(0xfffee000, 0xffffffff), element(Tags.CodeValue, 'SH', 'abcd')],
    ],
    ['something that is no item', [element(Tags.CodeValue, 'SH', 'abcd')]],
    ['an item inside an item', [marker(0xfffee000, 8), marker(0xfffee000, 0)]],
    ['a sequence delimiter inside an item', [marker(0xfffee000, 8), marker(0xfffee0dd, 0)]],
  ])('%s', (_name, parts) => {
    const bytes = Buffer.concat([element(Tags.ContentSequence, 'SQ', Buffer.concat(parts)), identifiable()]);
    expect(faultOf(part10(bytes))).toMatch(/^malformed/);
  });

  it.each([
    ['a fragment without length', [marker(0xfffee000, 0), marker(0xfffee000, 0xffffffff)]],
    ['an element among fragments', [marker(0xfffee000, 0), element(Tags.PatientID, 'LO', 'ab')]],
  ])('%s', (_name, parts) => {
    const start = element(Tags.PixelData, 'OB', '', {}, 0xffffffff);
    expect(faultOf(part10(Buffer.concat([start, ...parts]), rle))).toMatch(/^malformed/);
  });

  it('a length that wraps around in implicit VR', () => {
    const style = { explicitVr: false };
    expect(faultOf(part10(element(Tags.PatientName, '', 'ab', style, 0xffffffff), implicit))).toMatch(
      /^malformed/,
    );
    expect(faultOf(part10(element(Tags.PatientName, '', 'ab', style, 0xfffffffe), implicit))).toMatch(
      /^truncated/,
    );
  });

  it('bytes after the data set that are neither elements nor zeros', () => {
    const bytes = part10(identifiable({}, Buffer.alloc(16), Buffer.from('rest')));
    expect(faultOf(bytes)).toMatch(/^malformed/);
  });
});

describe('cost', () => {
  it('passes 512 MB of pixel data without keeping any', { timeout: patience }, () => {
    const chunk = new Uint8Array(1024 * 1024);
    function* stream(): Generator<Uint8Array> {
      yield part10(identifiable({}, element(Tags.PixelData, 'OW', '', {}, 512 * chunk.length)));
      for (let index = 0; index < 512; index += 1) yield chunk;
    }
    const before = process.memoryUsage().arrayBuffers;
    expect(outcomeOf(stream())).toMatchObject({ file: { pixelData: { length: 512 * chunk.length } } });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('a kept value that comes byte by byte costs no more than its bytes', { timeout: patience }, () => {
    const bytes = part10(element(Tags.TextValue, 'UT', 'x'.repeat(65_536)));
    expect(outcomeOf(inChunks(bytes, [1]))).toHaveProperty('file');
  });

  it('reads 10,000 small headers', { timeout: patience }, () => {
    const bytes = part10(identifiable());
    for (let count = 0; count < 10_000; count += 1) expect(readPart10(bytes).dataSet.elements.size).toBe(4);
  });
});
