import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Places } from './places.ts';

it('lets so many in at once, and the others in the order they came, also after one that failed', async () => {
  const places = new Places({ places: 2, longestWaitMs: 10_000 });
  const began: number[] = [];
  let together = 0;
  const outcomes = await Promise.allSettled(
    [0, 1, 2, 3, 4].map((number) =>
      places.hold(async () => {
        began.push(number);
        together += 1;
        expect(together).toBeLessThanOrEqual(2);
        await sleep(5);
        together -= 1;
        if (number === 1) throw new Error('the second fails');
        return number;
      }),
    ),
  );
  expect(began).toEqual([0, 1, 2, 3, 4]);
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});

it('refuses who waited too long, and gives the place to the next', async () => {
  const places = new Places({ places: 1, longestWaitMs: 20 });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const first = places.hold(() => released);
  await expect(places.hold(async () => 'second')).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
  const third = places.hold(async () => 'third');
  release();
  await first;
  expect(await third).toBe('third');
  expect(await places.hold(async () => 'fourth')).toBe('fourth');
});
