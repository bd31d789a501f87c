import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';

const told: string[] = [];

async function* numbers(until: number): AsyncGenerator<number, void, undefined> {
  try {
    for (let number = 1; ; number += 1) {
      if (number > until) throw new Error('the source is away');
      told.push(`read ${number}`);
      yield number;
    }
  } finally {
    told.push('ended');
  }
}

it('reads one ahead, in order, and ends its source with itself', async () => {
  told.length = 0;
  for await (const number of readAhead(numbers(100))) {
    await sleep(1);
    told.push(`worked on ${number}`);
    if (number === 2) break;
  }
  expect(told).toEqual(['read 1', 'read 2', 'worked on 1', 'read 3', 'worked on 2', 'ended']);
});

it('tells a fault to whoever comes to it', async () => {
  const seen: number[] = [];
  const reading = async () => {
    for await (const number of readAhead(numbers(2))) {
      // The fault is there already.
      await sleep(5);
      seen.push(number);
    }
  };
  await expect(reading()).rejects.toThrow('the source is away');
  expect(seen).toEqual([1, 2]);
});
