/** Whatever the encoding, the digest is the same; whatever the difference, it is not. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePlain,
  type PlainDataSet,
  type PlainElement,
  type PlainEncoding,
  plainEncoding,
  sourceOf,
} from '../test-support/encodings.ts';
import { image, text } from '../test-support/image.ts';
import { type ContentDigest, digestContent } from './content-digest.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

const {
  ImplicitVRLittleEndian,
  ExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  DeflatedExplicitVRLittleEndian,
} = TransferSyntaxes;

async function digest(dataSet: PlainDataSet, encoding: Partial<PlainEncoding> = {}): Promise<ContentDigest> {
  return digestContent(sourceOf(encodePlain(dataSet, { ...plainEncoding, ...encoding }), 97));
}

const encodings = fc.record({
  syntax: fc.constantFrom(
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
  ),
  characterSet: fc.constantFrom('ISO_IR 100' as const, 'ISO_IR 192' as const),
  definedLengths: fc.boolean(),
  groupLengths: fc.boolean(),
  trailingPadding: fc.boolean(),
  preamble: fc.constant(true),
});

/** Bytes of whole numbers of 8-byte words, so that any VR may hold them. */
const words = fc
  .uint8Array({ minLength: 1, maxLength: 4 })
  .map((seed) => Buffer.concat(Array.from({ length: 8 }, () => seed)));
const latin = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', ' ', '^', '=', 'ä', 'ß', '\\'),
  maxLength: 60,
});

/** Any values of standard and private attributes, nested up to two levels. */
function anyDataSet(depth: number): fc.Arbitrary<PlainDataSet> {
  const value: fc.Arbitrary<PlainElement>[] = [
    latin.map((value) => text(Tags.SeriesDescription, 'LO', value)),
    latin.map((value) => text(Tags.ImageComments, 'LT', value)),
    latin.map((value) => text(Tags.OperatorsName, 'PN', value)),
    words.map((value) => ({ tag: Tags.RedPaletteColorLookupTableData, vr: 'OW', bytes: value })),
    words.map((value) => ({ tag: Tags.DoubleFloatRealWorldValueLastValueMapped, vr: 'FD', bytes: value })),
    words.map((value) => ({ tag: 0x00111010, vr: 'UL', bytes: value })),
    words.map((value) => ({ tag: 0x00111011, vr: 'OB', bytes: value })),
  ];
  if (depth > 0) {
    const items = fc.array(anyDataSet(depth - 1), { maxLength: 2 });
    value.push(
      items.map((value) => ({ tag: Tags.ContentSequence, vr: 'SQ', items: value })),
      items.map((value) => ({ tag: 0x00111020, vr: 'SQ', items: value })),
    );
  }
  return fc
    .uniqueArray(fc.oneof(...value), { selector: ({ tag }) => tag, maxLength: 6 })
    .map((elements) => elements.sort((left, right) => left.tag - right.tag));
}

describe('digestContent', () => {
  it('is the same for the same image in any encoding', async () => {
    const expected = await digest(image);
    await fc.assert(
      fc.asyncProperty(encodings, async (encoding) => {
        expect(await digest(image, encoding)).toEqual(expected);
      }),
      { numRuns: 64 },
    );
  });

  it('is the same for any data set in any two encodings', async () => {
    const identity = text(Tags.SOPInstanceUID, 'UI', '1.2.3');
    await fc.assert(
      fc.asyncProperty(anyDataSet(2), encodings, encodings, async (elements, left, right) => {
        const dataSet = [identity, ...elements];
        expect(await digest(dataSet, left)).toEqual(await digest(dataSet, right));
      }),
      { numRuns: 150 },
    );
  });

  it('is another for any other data set', async () => {
    const identity = text(Tags.SOPInstanceUID, 'UI', '1.2.3');
    await fc.assert(
      fc.asyncProperty(anyDataSet(1), anyDataSet(1), async (left, right) => {
        const canonical = (dataSet: PlainDataSet) => JSON.stringify(dataSet.map(withoutPadding));
        fc.pre(canonical(left) !== canonical(right));
        expect(await digest([identity, ...left])).not.toEqual(await digest([identity, ...right]));
      }),
      { numRuns: 150 },
    );
  });
});

/** What padding rules make of a text is the same; used to know which data sets are really different. */
function withoutPadding(plain: PlainElement): unknown {
  if ('items' in plain)
    return { ...plain, vr: 0, items: plain.items.map((item) => item.map(withoutPadding)) };
  if ('bytes' in plain) return { tag: plain.tag, bytes: [...plain.bytes] };
  const isLongText = plain.vr === 'LT';
  const values = isLongText ? [plain.text.trimEnd()] : plain.text.split('\\').map((value) => value.trim());
  return { tag: plain.tag, values };
}
