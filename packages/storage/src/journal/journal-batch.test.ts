import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maximumPutBytes } from '../object-store.ts';
import { canonicalJson } from './canonical-json.ts';
import { assertJournalLine, encodeJournalBatch } from './encode-journal-batch.ts';
import { type JournalBatch, journalKey, maximumJournalLineBytes, parseJournalKey } from './journal-batch.ts';
import type { JournalLine } from './journal-facts.ts';
import { parseJournalBatch } from './parse-journal-batch.ts';
import { isRetentionLine } from './read-retention-fact.ts';
import { sampleLines } from './testing/sample-facts.ts';

const previous = { epoch: 1, position: 41, sha256: 'ef'.repeat(32) };
const batch: JournalBatch = { epoch: 1, position: 42, previous, lines: sampleLines() };

function sha256Of(some: JournalBatch): string {
  return createHash('sha256').update(encodeJournalBatch(some)).digest('hex');
}

/** The batch as JSON that can be changed. */
function changed(change: (json: Record<string, unknown>) => void): Buffer {
  const json = JSON.parse(encodeJournalBatch(batch).toString()) as Record<string, unknown>;
  change(json);
  return Buffer.from(canonicalJson(json));
}

/** The first line of JSON that can be changed. */
function firstLine(json: Record<string, unknown>): Record<string, unknown> {
  const [line] = json['lines'] as Record<string, unknown>[];
  if (line === undefined) throw new Error('no line');
  return line;
}

describe('a journal batch', () => {
  it('comes back as it was written, with every kind of fact and every member', () => {
    expect(parseJournalBatch(encodeJournalBatch(batch))).toEqual(batch);
    const first: JournalBatch = { ...batch, epoch: 1, position: 1, previous: undefined };
    expect(parseJournalBatch(encodeJournalBatch(first))).toEqual(first);
  });

  it('has these bytes for ever', () => {
    const lines = sampleLines()
      .filter((line) => !isRetentionLine(line))
      .map((line, index): JournalLine => ({ ...line, id: index + 1 }));
    expect(sha256Of({ ...batch, lines })).toBe(
      '5502bc8e54e53cfb575ce440db824364d4bf87da28dd51b285453fd0677265af',
    );
    expect(sha256Of(batch)).toBe('be0f0eca773ada3655913e46f837a6a44b3bfb8437defe9131a7aabdcf1b5fb4');
    // Members that came later are absent from the lines of before.
    const before = batch.lines.map((line): JournalLine => {
      if (line.kind !== 'instances-rejected') return line;
      return { ...line, fact: { ...line.fact, awaited: undefined, facility: undefined } };
    });
    expect(sha256Of({ ...batch, lines: before })).toBe(
      '8bda325b16b2ade4f16c288398304f9648e63ddaf5f1cdba97e3bafae0972396',
    );
    const small = encodeJournalBatch({ ...batch, lines: lines.slice(-1) }).toString();
    expect(small).toBe(
      '{"epoch":1,"lines":[{"decidedBy":"anna","fact":{"nextEpoch":2},"id":16,"kind":"epoch-ended",' +
        '"occurredAt":"2026-03-01T08:00:00.000Z"}],"position":42,"previous":{"epoch":1,"position":41,' +
        `"sha256":"${'ef'.repeat(32)}"},"type":"sandyq journal batch","version":1}`,
    );
  });

  it('has the lowest version that knows its lines, and no other', () => {
    const versionOf = (lines: readonly JournalLine[]) =>
      (JSON.parse(encodeJournalBatch({ ...batch, lines }).toString()) as { version: number }).version;
    for (const line of sampleLines()) expect(versionOf([line])).toBe(isRetentionLine(line) ? 2 : 1);
    expect(versionOf(sampleLines())).toBe(2);
    const first = changed((json) => (json['version'] = 1));
    expect(() => parseJournalBatch(first)).toThrow(expect.objectContaining({ code: 'damaged' }));
  });

  it('keeps any text and number of a fact', () => {
    const texts = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(texts, texts, fc.maxSafeNat(), fc.array(texts, { minLength: 1 }), (name, by, id, roles) => {
        const fact = { apiKeyId: name, secretHash: 'ab'.repeat(32), name, roles };
        const line: JournalLine = {
          id,
          kind: 'api-key-created',
          fact,
          decidedBy: by,
          occurredAt: '2026-03-01T08:00:00.000Z',
        };
        const bytes = encodeJournalBatch({ ...batch, lines: [line] });
        expect(parseJournalBatch(bytes).lines[0]).toEqual({ ...line, fact: { ...fact } });
        expect(Buffer.byteLength(canonicalJson(line))).toBe(assertJournalLine(line));
      }),
    );
  });

  it('is refused with any single byte changed, or read as another batch', () => {
    const bytes = encodeJournalBatch(batch);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        try {
          expect(encodeJournalBatch(parseJournalBatch(damaged)).equals(damaged)).toBe(true);
        } catch (error) {
          expect(['damaged', 'unsupported-format']).toContain((error as { code?: string }).code);
        }
      }),
    );
  });

  it.each([
    ['another type', (json: Record<string, unknown>) => (json['type'] = 'sandyq')],
    ['no lines', (json: Record<string, unknown>) => (json['lines'] = [])],
    ['a position of 0', (json: Record<string, unknown>) => (json['position'] = 0)],
    ['an unknown member', (json: Record<string, unknown>) => (json['more'] = 1)],
    ['an unknown member of a line', (json: Record<string, unknown>) => (firstLine(json)['more'] = 1)],
    [
      'an unknown member of a fact',
      (json: Record<string, unknown>) => (firstLine(json)['fact'] = { localNamespace: 'a', b: 1 }),
    ],
    ['a missing member', (json: Record<string, unknown>) => (firstLine(json)['fact'] = {})],
    ['a time that is none', (json: Record<string, unknown>) => (firstLine(json)['occurredAt'] = 'today')],
    [
      'lines after the end of the epoch',
      (json: Record<string, unknown>) => (json['lines'] as unknown[]).push(firstLine(json)),
    ],
    [
      'too many lines',
      (json: Record<string, unknown>) =>
        (json['lines'] = Array.from({ length: 1_001 }, () => firstLine(json))),
    ],
  ])('with %s is damaged', (_what, change) => {
    expect(() => parseJournalBatch(changed(change))).toThrow(expect.objectContaining({ code: 'damaged' }));
  });

  it('that is JSON, and not canonical, is damaged', () => {
    const pretty = Buffer.from(
      JSON.stringify(JSON.parse(encodeJournalBatch(batch).toString()), undefined, 1),
    );
    expect(() => parseJournalBatch(pretty)).toThrow(expect.objectContaining({ code: 'damaged' }));
    expect(() => parseJournalBatch(Buffer.from('{'))).toThrow(expect.objectContaining({ code: 'damaged' }));
    expect(() => parseJournalBatch(Buffer.alloc(maximumPutBytes + 1))).toThrow(
      expect.objectContaining({ code: 'damaged' }),
    );
  });

  it.each([
    ['version', (json: Record<string, unknown>) => (json['version'] = 3)],
    ['kind of fact', (json: Record<string, unknown>) => (firstLine(json)['kind'] = 'patient-renamed')],
  ])('of another %s is not guessed at', (_what, change) => {
    expect(() => parseJournalBatch(changed(change))).toThrow(
      expect.objectContaining({ code: 'unsupported-format' }),
    );
  });
});

describe('a line', () => {
  const line = (name: string): JournalLine => ({
    id: 1,
    kind: 'facility-created',
    fact: { code: 'a', name, patientIssuer: 'a', accessionIssuer: 'a' },
    decidedBy: 'anna',
    occurredAt: '2026-03-01T08:00:00.000Z',
  });

  it('may be as long as it may, and not longer', () => {
    const room = maximumJournalLineBytes - assertJournalLine(line(''));
    expect(assertJournalLine(line('x'.repeat(room)))).toBe(maximumJournalLineBytes);
    expect(() => assertJournalLine(line('x'.repeat(room + 1)))).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });

  it('cannot be written with what could not be read', () => {
    expect(() => assertJournalLine(line('\ud800'))).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
    const more = { ...line('a'), fact: { ...line('a').fact, more: 1 } } as unknown as JournalLine;
    expect(() => assertJournalLine(more)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => encodeJournalBatch({ ...batch, lines: [] })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });
});

describe('a key', () => {
  it('is its batch, and sorts as the batches do', () => {
    const places = [
      { epoch: 1, position: 1 },
      { epoch: 1, position: 999_999 },
      { epoch: 2, position: 1 },
      { epoch: 1_234_567_890, position: 123_456_789_012 },
    ];
    const keys = places.map(journalKey);
    expect(keys[0]).toBe('journal/0000000001/000000000001.json');
    expect(keys).toEqual([...keys].sort());
    expect(keys.map(parseJournalKey)).toEqual(places);
    for (const key of ['journal/1/1.json', 'journal/0000000000/000000000001.json', 'v1/x']) {
      expect(() => parseJournalKey(key)).toThrow(expect.objectContaining({ code: 'invalid-key' }));
    }
    expect(() => journalKey({ epoch: 0, position: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });
});
