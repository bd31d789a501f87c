import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assertKey } from '../key.ts';
import { buildSegmentKey, parseSegmentKey, studyKeyPrefix } from './segment-key.ts';
import { newId } from './testing/segment-kit.ts';

const digest = createHash('sha256').update('receipt').digest('hex');

describe('the key of a segment', () => {
  it('is made of the hash of the study, the id and the hash of the receipt', () => {
    const id = '0198c5a0-0000-7000-8000-000000000001';
    const key = buildSegmentKey('1.2.3', id, digest);
    const study = createHash('sha256').update('1.2.3').digest('hex').slice(0, 32);
    expect(key).toBe(`v1/${study.slice(0, 2)}/${study}/${id}-${digest.slice(0, 16)}.tar`);
    expect(() => assertKey(key)).not.toThrow();
    expect(parseSegmentKey(key)).toEqual({
      studyHash: study,
      segmentId: id,
      receiptHash: digest.slice(0, 16),
    });
    expect(key.startsWith(studyKeyPrefix('1.2.3'))).toBe(true);
  });

  it('does not carry the UID of the study', () => {
    expect(buildSegmentKey('1.2.840.113619', newId(), digest)).not.toContain('113619');
  });

  it('is refused when any part is not as it must be', () => {
    const key = buildSegmentKey('1.2.3', newId(), digest);
    const wrong = [
      key.replace('.tar', ''),
      key.replace('.tar', '.tar2'),
      `x${key}`,
      key.replace('/', '//'),
      key.toUpperCase(),
      key.replace(/^v1\/../, 'v1/zz'),
      // The version digit: the third group of the id, whatever the time in the others is.
      key.replace(/(\/[0-9a-f]{8}-[0-9a-f]{4})-7/, '$1-4'),
    ];
    for (const text of wrong)
      expect(() => parseSegmentKey(text)).toThrow(expect.objectContaining({ code: 'invalid-key' }));
    expect(() => parseSegmentKey(key.replace('v1/', 'v2/'))).toThrow(
      expect.objectContaining({ code: 'unsupported-format' }),
    );
  });

  it('is never built from something that is no id', () => {
    expect(() => buildSegmentKey('1.2.3', 'nonsense', digest)).toThrow(
      expect.objectContaining({ code: 'invalid-key' }),
    );
  });
});

describe('uuidV7Source', () => {
  it('makes ids that sort by time', () => {
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
    expect(new Set(Array.from({ length: 1000 }, newId)).size).toBe(1000);
  });
});
