import { describe, expect, it } from 'vitest';
import type { OpenFile } from '../file-system/file-system.ts';
import { KeptFiles, keptMs, mostKept } from './kept-files.ts';

function fakeFiles() {
  const opened: string[] = [];
  const closed: string[] = [];
  const clock = { now: 0 };
  const failing = new Set<string>();
  const files = new KeptFiles({
    open: async (key) => {
      opened.push(key);
      if (failing.has(key)) throw new Error(`cannot open ${key}`);
      const file = { close: async () => void closed.push(key) } as unknown as OpenFile;
      return { file, size: key.length };
    },
    now: () => clock.now,
    onCloseFailure: () => undefined,
  });
  return { files, opened, closed, clock, failing };
}

const size = async ({ size: bytes }: { size: number }) => bytes;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('KeptFiles', () => {
  it('opens a file once for all who read it at about the same time', async () => {
    const { files, opened, closed } = fakeFiles();
    expect(await Promise.all([files.use('ab', size), files.use('ab', size)])).toEqual([2, 2]);
    expect(await files.use('ab', size)).toBe(2);
    expect(opened).toEqual(['ab']);
    expect(closed).toEqual([]);
  });

  it('uses no file for longer than a moment, also one that is always in use', async () => {
    const { files, opened, closed, clock } = fakeFiles();
    await files.use('a', size);
    clock.now = keptMs - 1;
    await files.use('a', size);
    expect(opened).toEqual(['a']);
    clock.now = keptMs;
    await files.use('a', size);
    await settled();
    expect(opened).toEqual(['a', 'a']);
    expect(closed).toEqual(['a']);
  });

  it('closes a file that left when its last reader is done, and not before', async () => {
    const { files, closed } = fakeFiles();
    const reading = Promise.withResolvers<string>();
    const read = files.use('a', () => reading.promise);
    await settled();
    files.forget('a');
    await settled();
    expect(closed).toEqual([]);
    reading.resolve('read');
    expect(await read).toBe('read');
    await settled();
    expect(closed).toEqual(['a']);
  });

  it('opens a deleted object anew, so that its absence is noticed', async () => {
    const { files, opened, failing } = fakeFiles();
    await files.use('a', size);
    files.forget('a');
    failing.add('a');
    await expect(files.use('a', size)).rejects.toThrow('cannot open a');
    expect(opened).toEqual(['a', 'a']);
  });

  it('does not keep what could not be opened', async () => {
    const { files, opened, failing } = fakeFiles();
    failing.add('a');
    await expect(files.use('a', size)).rejects.toThrow('cannot open a');
    failing.clear();
    expect(await files.use('a', size)).toBe(1);
    expect(opened).toEqual(['a', 'a']);
  });

  it('keeps a bounded number, and closes the one opened first', async () => {
    const { files, closed } = fakeFiles();
    for (let index = 0; index <= mostKept; index += 1) await files.use(`file ${index}`, size);
    await settled();
    expect(closed).toEqual(['file 0']);
  });
});
