/** What holds for any bytes under any label. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assumedCharacterSets } from './assumed-character-set.ts';
import { decoderFor } from './character-set.ts';
import { personNameKey } from './person-name.ts';

const terms = [
  '',
  'ISO_IR 6',
  'ISO_IR 13',
  'ISO_IR 100',
  'ISO_IR 144',
  'ISO_IR 166',
  'ISO_IR 192',
  'GB18030',
  'GBK',
  'ISO 2022 IR 13',
  'ISO 2022 IR 58',
  'ISO 2022 IR 87',
  'ISO 2022 IR 149',
  'ISO 2022 IR 159',
  'nonsense',
];
const label = fc.array(fc.constantFrom(...terms), { maxLength: 3 });
const assumed = fc.option(fc.constantFrom(...assumedCharacterSets), { nil: undefined });
const vr = fc.constantFrom('PN', 'LO', 'LT', 'CS', 'UC', 'UI');
/** Bytes in which escape sequences, delimiters and lead bytes are frequent. */
const bytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\x1b$B',
        '\x1b(B',
        '\x1b(J',
        '\x1b$)C',
        '\x1b-L',
        '\\',
        '^',
        '=',
        '\r\n',
        '\x81',
        '\xe9',
      ),
      fc.string({
        unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
        maxLength: 4,
      }),
    ),
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

describe('decoderFor', () => {
  it('never throws, and says how it decoded', () => {
    fc.assert(
      fc.property(label, assumed, vr, bytes, (label, assumed, vr, bytes) => {
        const decoder = decoderFor(label, assumed);
        const values = decoder.decode(bytes, vr);
        expect(values.filter((value) => value.includes('\0'))).toEqual([]);
        expect(decoder.plan.used.length).toBeGreaterThan(0);
        expect(decoder.plan.used).not.toContain('');
      }),
      { numRuns: 2_000 },
    );
  });

  it('decodes a value the same whatever came before it', () => {
    fc.assert(
      fc.property(label, assumed, vr, bytes, bytes, (label, assumed, vr, before, bytes) => {
        const decoder = decoderFor(label, assumed);
        decoder.decode(before, vr);
        expect(decoder.decode(bytes, vr)).toEqual(decoderFor(label, assumed).decode(bytes, vr));
      }),
    );
  });

  it('leaves ASCII alone under every label and assumption but JIS X 0201', () => {
    const text = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    const other = label.filter((label) => label[0]?.endsWith(' 13') !== true);
    fc.assert(
      fc.property(other, assumed, text, (label, assumed, text) => {
        const decoder = decoderFor(label, assumed);
        expect(decoder.decode(Buffer.from(text), 'LT')).toEqual([text]);
        expect(decoder.plan.flag).toBe('as-labelled');
        expect(decoder.metNonAscii).toBe(false);
      }),
    );
  });

  it('reads valid UTF-8 under its label, whatever is assumed', () => {
    fc.assert(
      fc.property(assumed, fc.string({ unit: 'grapheme', minLength: 1 }), (assumed, text) => {
        fc.pre(text.trim() === text && !text.includes('\x1b') && !text.includes('\0'));
        expect(decoderFor(['ISO_IR 192'], assumed).decode(Buffer.from(text), 'LT')).toEqual([text]);
      }),
    );
  });
});

describe('personNameKey', () => {
  it('is its own key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(personNameKey(personNameKey(text))).toBe(personNameKey(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
