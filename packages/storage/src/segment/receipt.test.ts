import { beforeAll, describe, expect, it } from 'vitest';
import { encodeReceipt } from './encode-receipt.ts';
import { assertReceiptEntry, assertSegmentHeader, parseReceipt } from './parse-receipt.ts';
import type { ReceiptEntry, SegmentReceipt } from './receipt.ts';
import { newId, sampleEntry, sampleHeader, sampleSpool, sealSegment } from './testing/segment-kit.ts';

let receipt: SegmentReceipt;
let first: ReceiptEntry;

beforeAll(async () => {
  const { spool } = await sampleSpool();
  const pixelData = { kind: 'native', offset: 100, length: 800, bitsPerFrame: 3200, frames: 2 } as const;
  const sealed = await sealSegment(spool, [sampleEntry(1000, 1, pixelData), sampleEntry(10, 2)]);
  receipt = sealed.receipt;
  const [entry] = receipt.entries;
  if (entry === undefined) throw new Error('no entry');
  first = { ...entry, bulk: [{ path: '00880200/1/7FE00010', vr: 'OW', offset: 30, length: 8 }] };
});

function withFirst(change: Partial<Record<keyof ReceiptEntry, unknown>>): object {
  return { ...receipt, entries: [{ ...first, ...change }, ...receipt.entries.slice(1)] };
}

/** What the parser says to a receipt with these fields, keys in canonical order. */
function parseOf(changed: object): SegmentReceipt {
  return parseReceipt(
    Buffer.from(JSON.stringify(sorted({ type: 'sandyq segment receipt', version: 1, ...changed }))),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(Reflect.get(value, key))]));
}

describe('a receipt', () => {
  it.each([{ swappedWordBytes: 2 }, { swappedWordBytes: 8 }])(
    'keeps how native pixel data is encoded: %o',
    (encoding) => {
      const pixelData = {
        kind: 'native',
        offset: 100,
        length: 800,
        bitsPerFrame: 3200,
        frames: 2,
        ...encoding,
      };
      expect(parseOf(withFirst({ pixelData })).entries[0]?.pixelData).toEqual(pixelData);
    },
  );

  it('keeps that a data set is deflated', () => {
    const pixelData = {
      kind: 'native',
      offset: 5000,
      length: 800,
      bitsPerFrame: 3200,
      frames: 2,
      deflated: true,
    };
    const crc32 = Buffer.alloc(4).toString('base64');
    const parsed = parseOf(withFirst({ pixelData, crc32 }));
    expect(parsed.entries[0]?.pixelData).toEqual(pixelData);
  });

  it('is read back as it was, from canonical JSON (RFC 8785)', () => {
    const bytes = encodeReceipt({ ...receipt, entries: [first, ...receipt.entries.slice(1)] });
    expect(parseReceipt(bytes)).toEqual({ ...receipt, entries: [first, ...receipt.entries.slice(1)] });
    expect(bytes.toString()).toBe(JSON.stringify(sorted(JSON.parse(bytes.toString()))));
    expect(parseOf(withFirst({}))).toEqual(parseReceipt(bytes));
  });

  it('says null for what is not known of facility and device', () => {
    const bytes = encodeReceipt({ ...receipt, facility: undefined, device: undefined });
    expect(JSON.parse(bytes.toString())).toMatchObject({ facility: null, device: null });
    expect(parseReceipt(bytes)).toMatchObject({ facility: undefined, device: undefined });
  });

  it('of another version is not read', () => {
    expect(() => parseOf({ ...receipt, version: 2 })).toThrow(
      expect.objectContaining({ code: 'unsupported-format' }),
    );
  });

  it('is refused when it is not canonical', () => {
    const text = encodeReceipt(receipt).toString();
    const wrong = [
      `${text}\n`,
      ` ${text}`,
      `\ufeff${text}`,
      text.replace('"compression"', '"added":1,"compression"'),
      text.replace('"ordinal":1', '"ordinal":1.0'),
      text.replace('"ordinal":1', '"ordinal":1,"ordinal":1'),
      text.replace('ct-1', 'ct\\u002d1'),
      text.slice(0, -1),
      '',
      '[]',
      'null',
    ];
    for (const other of wrong) expectDamaged(() => parseReceipt(Buffer.from(other)));
    expectDamaged(() => parseReceipt(Buffer.concat([Buffer.from(text), Buffer.of(0xff)])));
  });

  it.each([
    ['entries', []],
    ['entries', {}],
    ['metadata', { offset: 1, length: 1, sha256: 'ab'.repeat(32) }],
    ['segmentId', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'],
    ['receivedAt', '2026-01-02'],
    ['principal', ''],
    ['facility', 4],
    ['source', { kind: 'copied' }],
    ['source', { kind: 'rewrite', of: [newId()] }],
    ['encryption', 'aes'],
    ['compression', null],
    ['type', 'receipt'],
  ])('is refused with %s %j', (field, value) => {
    expectDamaged(() => parseOf({ ...receipt, [field]: value }));
  });

  it.each([
    { ordinal: 2 },
    { ordinal: 0 },
    { offset: 1024 },
    { offset: -512 },
    { length: 1025 },
    { name: '1-1.2.dcm' },
    { role: 'received' },
    { received: { contentType: 'application/dicom' } },
    { sha256: 'AB'.repeat(32) },
    { crc32: 'AAAAAA==' },
    { crc32: '????' },
    { sopInstanceUid: '' },
    { pixelData: { kind: 'native', offset: 100, length: 8000, bitsPerFrame: 3200, frames: 2 } },
    { pixelData: { kind: 'native', offset: 100, length: 800, bitsPerFrame: 0, frames: 2 } },
    {
      pixelData: {
        kind: 'native',
        offset: 100,
        length: 800,
        bitsPerFrame: 3200,
        frames: 2,
        swappedWordBytes: 3,
      },
    },
    {
      pixelData: { kind: 'native', offset: 100, length: 800, bitsPerFrame: 3200, frames: 2, deflated: false },
    },
    { pixelData: { kind: 'video' } },
    { pixelData: { kind: 'encapsulated', offset: 1, length: 9, frames: 1, table: [9], fragments: [] } },
    { bulk: [{ path: 'x', vr: 'OW', offset: 1, length: 1 }] },
    { bulk: [{ path: '7FE00010', vr: 'ZZ', offset: 1, length: 1 }] },
    { characterSet: { label: [], used: [], flag: 'guessed' } },
    { characterSet: { label: 'ISO_IR 100', used: [], flag: 'unknown' } },
    { origin: newId() },
  ])('is refused with an entry of %j', (change) => {
    expectDamaged(() => parseOf(withFirst(change)));
  });

  it('says where it is wrong', () => {
    expect(() => parseOf(withFirst({ bulk: [{ path: 'x', vr: 'OW', offset: 1, length: 1 }] }))).toThrow(
      /receipt\.entries\[0\]\.bulk\[0\]\.path/,
    );
  });
});

describe('the receipt of a rewrite', () => {
  function rewriteOf(origin: string | undefined, originals: readonly SegmentReceipt[]): SegmentReceipt {
    return {
      ...receipt,
      segmentId: newId(),
      source: { kind: 'rewrite', of: [receipt.segmentId] },
      entries: receipt.entries.map((entry) => ({ ...entry, origin })),
      originals,
    };
  }

  it('carries the originals, whose own bytes can be had again', () => {
    const rewrite = parseReceipt(encodeReceipt(rewriteOf(receipt.segmentId, [receipt])));
    expect(rewrite.originals.map((original) => encodeReceipt(original))).toEqual([encodeReceipt(receipt)]);
  });

  it('is refused unless each entry is certified by an original that was received', () => {
    const other = { ...receipt, segmentId: newId() };
    const forged = {
      ...receipt,
      entries: receipt.entries.map((entry) => ({ ...entry, sha256: 'ab'.repeat(32) })),
    };
    expectDamaged(() => parseReceipt(encodeReceipt(rewriteOf(undefined, [receipt]))));
    expectDamaged(() => parseReceipt(encodeReceipt(rewriteOf(receipt.segmentId, []))));
    expectDamaged(() => parseReceipt(encodeReceipt(rewriteOf(receipt.segmentId, [other]))));
    expectDamaged(() => parseReceipt(encodeReceipt(rewriteOf(receipt.segmentId, [forged]))));
    expectDamaged(() => parseReceipt(encodeReceipt(rewriteOf(receipt.segmentId, [receipt, receipt]))));
    const nested = rewriteOf(receipt.segmentId, [receipt]);
    expectDamaged(() => parseReceipt(encodeReceipt(rewriteOf(nested.segmentId, [nested]))));
  });
});

describe('before writing', () => {
  it('an entry that could not be read back is refused, with the bytes it takes otherwise', () => {
    expect(assertReceiptEntry(first)).toBeGreaterThan(300);
    const wrong: readonly Partial<ReceiptEntry>[] = [
      { transferSyntaxUid: '' },
      { sopClassUid: '\ud800' },
      { name: '1-1.2.dcm' },
      { length: 1.5 },
      { bulk: [{ path: 'x', vr: 'OW', offset: 1, length: 1 }] },
    ];
    for (const change of wrong) expectInvalid(() => assertReceiptEntry({ ...first, ...change }));
    expect(assertReceiptEntry({ ...first, transferSyntaxUid: 'a\\ud800' })).toBeGreaterThan(300);
  });

  it('so is a header', () => {
    expect(() => assertSegmentHeader(sampleHeader)).not.toThrow();
    expectInvalid(() => assertSegmentHeader({ ...sampleHeader, receivedAt: 'today' }));
    expectInvalid(() => assertSegmentHeader({ ...sampleHeader, principal: '' }));
    expectInvalid(() => assertSegmentHeader({ ...sampleHeader, device: '\udfff' }));
  });
});

function expectDamaged(run: () => unknown): void {
  expect(run).toThrow(expect.objectContaining({ code: 'damaged' }));
}

function expectInvalid(run: () => unknown): void {
  expect(run).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
}
