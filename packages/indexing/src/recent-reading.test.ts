import { expect, it } from 'vitest';
import { RecentReading } from './recent-reading.ts';

it('reads once for all who ask within the time, and again afterwards', async () => {
  let now = 0;
  let readings = 0;
  const recent = new RecentReading({
    read: async () => (readings += 1),
    believedMs: 10,
    monotonicMs: () => now,
  });
  expect(await Promise.all([recent.current(), recent.current()])).toEqual([1, 1]);
  now = 10;
  expect(await recent.current()).toBe(1);
  now = 11;
  expect(await recent.current()).toBe(2);
});

it('does not believe a reading that failed', async () => {
  const answers = [Promise.reject(new Error('away')), Promise.resolve('here')];
  const recent = new RecentReading({
    read: () => answers.shift() ?? Promise.reject(new Error('asked too often')),
    believedMs: 10,
    monotonicMs: () => 0,
  });
  await expect(recent.current()).rejects.toThrow('away');
  expect(await recent.current()).toBe('here');
});
