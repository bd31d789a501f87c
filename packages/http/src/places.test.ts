import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Places } from './places.ts';

const newPlaces = (places: number, { maxWaitMs = 60_000, maxWaiting = 100 } = {}) =>
  new Places({ places, maxWaitMs, maxWaiting, refusal: 'Full.', monotonicMs: () => performance.now() });

const entrant = (sender: string, take = () => true) => ({ sender, take });

/** Who has entered, in order, and how they leave. */
function visitors(places: Places) {
  const entered: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = async (sender: string, name = sender): Promise<void> => {
    leaves.set(name, await places.enter(entrant(sender)));
    entered.push(name);
  };
  const leave = async (name: string): Promise<void> => {
    leaves.get(name)?.();
    await sleep(0);
  };
  return { entered, enter, leave };
}

describe('places', () => {
  it('are given back once, and there are no more than that', async () => {
    const places = newPlaces(2);
    const { entered, enter, leave } = visitors(places);
    await enter('a');
    await enter('b');
    const third = enter('c');
    await sleep(0);
    expect(entered).toEqual(['a', 'b']);
    await leave('a');
    await leave('a');
    await third;
    expect(entered).toEqual(['a', 'b', 'c']);
    expect(places.taken).toBe(2);
    await leave('b');
    await leave('c');
    expect(places.taken).toBe(0);
  });

  it('go to the sender that has the fewest, and among equals to who came first', async () => {
    const places = newPlaces(3);
    const { entered, enter, leave } = visitors(places);
    for (const name of ['gateway 1', 'gateway 2', 'gateway 3']) await enter('gateway', name);
    const waiting = [
      enter('gateway', 'gateway 4'),
      enter('scanner', 'scanner 1'),
      enter('scanner', 'scanner 2'),
      enter('other', 'other 1'),
    ];
    await leave('gateway 1');
    await leave('gateway 2');
    await leave('gateway 3');
    expect(entered.slice(3)).toEqual(['scanner 1', 'other 1', 'gateway 4']);
    await leave('gateway 4');
    await Promise.all(waiting);
    expect(entered.at(-1)).toBe('scanner 2');
    expect(places.taken).toBe(3);
  });

  it('of which one sender may have so many leave one for another, however long the first has waited', async () => {
    let now = 0;
    const places = new Places({
      places: 2,
      mostOfOne: 1,
      maxWaitMs: 1_000,
      maxWaiting: 9,
      refusal: 'Full.',
      monotonicMs: () => now,
    });
    const { entered, enter, leave } = visitors(places);
    await enter('busy', 'busy 1');
    const second = enter('busy', 'busy 2');
    now = 900;
    await enter('other');
    expect(entered).toEqual(['busy 1', 'other']);
    await leave('busy 1');
    await second;
    expect(entered.at(-1)).toBe('busy 2');
  });

  it('are waited for within a time and a number; who gives up takes none', async () => {
    const places = newPlaces(1, { maxWaitMs: 20, maxWaiting: 2 });
    const leave = await places.enter(entrant('a'));
    const left = new AbortController();
    const waiting = [places.enter(entrant('b')), places.enter({ ...entrant('c'), signal: left.signal })];
    await expect(places.enter(entrant('d'))).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 5,
    });
    left.abort();
    const results = await Promise.allSettled(waiting);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    leave();
    expect(places.taken).toBe(0);
    (await places.enter(entrant('e')))();
    expect(places.taken).toBe(0);
  });

  it('are passed on while somebody needs more than is free, but not for ever', async () => {
    let now = 0;
    const places = new Places({
      places: 9,
      maxWaitMs: 1_000,
      refusal: 'Full.',
      maxWaiting: 9,
      monotonicMs: () => now,
    });
    let free = 10;
    const enter = async (bytes: number): Promise<() => void> => {
      const leave = await places.enter(
        entrant('a', () => {
          const fits = free >= bytes;
          if (fits) free -= bytes;
          return fits;
        }),
      );
      return () => {
        free += bytes;
        leave();
      };
    };
    const first = await enter(5);
    let isIn = false;
    const large = enter(9).then((leave) => {
      isIn = true;
      leave();
    });
    (await enter(5))();
    now = 600;
    const late = enter(5);
    await sleep(0);
    expect(isIn).toBe(false);
    expect(free).toBe(5);
    first();
    await large;
    (await late)();
    expect([free, places.taken]).toEqual([10, 0]);
  });
});
