import { describe, expect, it } from 'vitest';
import {
  type FailureReason,
  failureReasonOfDicomError,
  failureReasons,
  type Reason,
  warningReasons,
} from './reasons.ts';

const failures = Object.entries<FailureReason>(failureReasons);
const warnings = Object.entries<Reason>(warningReasons);

describe('reasons', () => {
  it.each([
    ['failure', failures],
    ['warning', warnings],
  ] as const)('of %s have a code of their own that fits US', (_kind, reasons) => {
    const codes = reasons.map(([, { code }]) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toBeLessThanOrEqual(0xffff);
  });

  it('have meanings that fit an Error Comment and some advice', () => {
    for (const [, { meaning, advice }] of [...failures, ...warnings]) {
      expect(meaning.length).toBeLessThanOrEqual(64);
      expect(advice).toMatch(/\.$/);
    }
  });

  it('have the codes of PS3.18 Tables I.2-1 and I.2-2 and PS3.7', () => {
    expect(failureReasons['processing-failure'].code).toBe(0x0110);
    expect(failureReasons['duplicate-sop-instance'].code).toBe(0x0111);
    expect(failureReasons['sop-class-not-supported'].code).toBe(0x0122);
    expect(failureReasons['not-authorized'].code).toBe(0x0124);
    expect(failureReasons['out-of-resources'].code).toBe(0xa700);
    expect(failureReasons['data-set-mismatch'].code).toBe(0xa900);
    expect(failureReasons['cannot-understand'].code).toBe(0xc000);
    expect(failureReasons['transfer-syntax-not-supported'].code).toBe(0xc122);
    expect([warningReasons.coercion.code, warningReasons['elements-discarded'].code]).toEqual([
      0xb000, 0xb006,
    ]);
    expect(warningReasons['data-set-mismatch'].code).toBe(0xb007);
  });

  it('lie in the range that says what kind they are', () => {
    for (const [, { code }] of warnings) expect(code >>> 12).toBe(0xb);
    for (const [, { code }] of failures) expect([0x0, 0xa, 0xc]).toContain(code >>> 12);
  });

  it('exist for the faults of data sets', () => {
    expect(failureReasonOfDicomError('unknown-transfer-syntax')).toBe('transfer-syntax-not-supported');
    expect(failureReasonOfDicomError('truncated')).toBe('truncated');
  });
});
