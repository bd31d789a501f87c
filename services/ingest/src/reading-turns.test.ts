import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ReadingTurns } from './reading-turns.ts';

it('reads so much a turn, in the order of asking, and lets others have theirs in between', async () => {
  const turns = new ReadingTurns(100);
  const read: string[] = [];
  const reader = async (name: string): Promise<void> => {
    for (let chunk = 1; chunk <= 3; chunk += 1) {
      await turns.take(60);
      read.push(`${name}${chunk}`);
    }
  };
  const readers = Promise.all(['a', 'b', 'c', 'd'].map(reader));
  const perTurn: number[] = [];
  while (read.length < 12) {
    const before = read.length;
    await nextTurn();
    perTurn.push(read.length - before);
  }
  await readers;
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(4);
  expect(perTurn.length).toBeGreaterThanOrEqual(5);
  for (const chunk of [1, 2, 3]) {
    expect(read.filter((name) => name.endsWith(String(chunk)))).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => `${name}${chunk}`),
    );
  }
});

it('never keeps a chunk larger than a turn waiting for ever', async () => {
  const turns = new ReadingTurns(10);
  for (let chunk = 0; chunk < 5; chunk += 1) await turns.take(1_000);
});
