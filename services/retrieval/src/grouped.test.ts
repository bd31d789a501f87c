import { describe, expect, it } from 'vitest';
import { Grouped } from './grouped.ts';

/** Groups of numbers whose answers are given when the test says so. */
function held(most = 100) {
  const groups: { readonly asked: readonly number[]; readonly answer: (failing?: Error) => void }[] = [];
  const grouped = new Grouped<number, number>({
    most,
    keyOf: String,
    run: (asked) =>
      new Promise((resolve, reject) => {
        const answer = (failing?: Error) =>
          failing === undefined ? resolve(asked.map((one) => one * 10)) : reject(failing);
        groups.push({ asked, answer });
      }),
  });
  return { grouped, groups };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Grouped', () => {
  it('asks together what comes together, and each question once', async () => {
    const { grouped, groups } = held();
    const answers = Promise.all([grouped.ask(1), grouped.ask(2), grouped.ask(1)]);
    await settled();
    expect(groups.map(({ asked }) => asked)).toEqual([[1, 2]]);
    groups[0]?.answer();
    expect(await answers).toEqual([10, 20, 10]);
  });

  it('never answers with what was asked before the question was put', async () => {
    const { grouped, groups } = held();
    const first = grouped.ask(1);
    await settled();
    const second = grouped.ask(1);
    groups[0]?.answer();
    expect(await first).toBe(10);
    await settled();
    expect(groups.map(({ asked }) => asked)).toEqual([[1], [1]]);
    groups[1]?.answer();
    expect(await second).toBe(10);
  });

  it('tells a failure to those who asked, and goes on', async () => {
    const { grouped, groups } = held();
    const failed = grouped.ask(1).catch((error: unknown) => error);
    await settled();
    const next = grouped.ask(2);
    groups[0]?.answer(new Error('away'));
    expect(await failed).toMatchObject({ message: 'away' });
    await settled();
    groups[1]?.answer();
    expect(await next).toBe(20);
  });

  it('bounds a group', async () => {
    const { grouped, groups } = held(2);
    const answers = Promise.all([1, 2, 3].map((one) => grouped.ask(one)));
    await settled();
    groups[0]?.answer();
    await settled();
    groups[1]?.answer();
    expect(await answers).toEqual([10, 20, 30]);
    expect(groups.map(({ asked }) => asked)).toEqual([[1, 2], [3]]);
  });
});
