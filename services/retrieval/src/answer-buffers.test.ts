import { describe, expect, it } from 'vitest';
import { AnswerBuffers } from './answer-buffers.ts';

const kibibyte = 1024;
const length = 500 * kibibyte;

describe('AnswerBuffers', () => {
  it('lends the same memory again only when it was given back', () => {
    const buffers = new AnswerBuffers();
    const first = buffers.lend();
    const memory = first.allocate(length);
    expect(memory).toHaveLength(length);
    const second = buffers.lend();
    expect(second.allocate(length).buffer).not.toBe(memory.buffer);
    first.giveBack();
    expect(buffers.lend().allocate(length).buffer).toBe(memory.buffer);
    expect(buffers.lend().allocate(length).buffer).not.toBe(memory.buffer);
  });

  it('takes memory back once, and lends none for an answer that is over', () => {
    const buffers = new AnswerBuffers();
    const loan = buffers.lend();
    loan.allocate(length);
    loan.giveBack();
    const keptBytes = buffers.keptBytes;
    expect(keptBytes).toBeGreaterThanOrEqual(length);
    loan.giveBack();
    loan.allocate(length);
    loan.giveBack();
    expect(buffers.keptBytes).toBe(keptBytes);
  });

  it('gives every length, and keeps no small ones', () => {
    const buffers = new AnswerBuffers();
    const loan = buffers.lend();
    for (const bytes of [0, 1, 4_000, 65_536, 65_537, 4_000_000]) {
      expect(loan.allocate(bytes)).toHaveLength(bytes);
    }
    const small = buffers.lend();
    small.allocate(4_000);
    small.giveBack();
    expect(buffers.keptBytes).toBe(0);
  });

  it('keeps a bounded amount, and lends a bounded amount to one answer', () => {
    const buffers = new AnswerBuffers(1024 * kibibyte);
    const loans = Array.from({ length: 10 }, () => buffers.lend());
    for (const loan of loans) loan.allocate(length);
    for (const loan of loans) loan.giveBack();
    expect(buffers.keptBytes).toBeLessThanOrEqual(1024 * kibibyte);
    const long = new AnswerBuffers();
    const loan = long.lend();
    for (let index = 0; index < 100; index += 1) loan.allocate(length);
    loan.giveBack();
    expect(long.keptBytes).toBeLessThanOrEqual(9 * 1024 * kibibyte);
  });
});
