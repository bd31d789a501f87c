import type { ObjectStat } from '@sandyq/storage';
import { describe, expect, it } from 'vitest';
import { compareKeys, folderOf, pagesOfFolders, rowsByKey } from './compare-keys.ts';

const object = (key: string): ObjectStat => ({ key, size: 1, lastModified: new Date(0) });
async function* streamOf<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

describe('compareKeys', () => {
  const compared = async (objects: string[], rows: string[]) => {
    const items = compareKeys(streamOf(objects.map(object)), streamOf(rows.map((key) => ({ key }))));
    return (await Array.fromAsync(items)).map(
      ({ key, object: found, row }) => `${key}${found ? ' object' : ''}${row ? ' row' : ''}`,
    );
  };

  it('tells what both know from what one of them knows', async () => {
    expect(await compared(['a/1', 'a/3', 'b/1'], ['a/2', 'a/3', 'c/1'])).toEqual([
      'a/1 object',
      'a/2 row',
      'a/3 object row',
      'b/1 object',
      'c/1 row',
    ]);
  });

  it.each([
    [[], [], []],
    [['a/1'], [], ['a/1 object']],
    [[], ['a/1', 'a/2'], ['a/1 row', 'a/2 row']],
    [['a/1'], ['a/1', 'a/1'], ['a/1 object row', 'a/1 object row']],
  ])('%j and %j are %j', async (objects, rows, expected) => {
    expect(await compared(objects, rows)).toEqual(expected);
  });

  it('ends both streams when its reader stops', async () => {
    const ended: string[] = [];
    async function* endless(name: string) {
      try {
        for (let index = 0; ; index += 1) yield object(`a/${String(index).padStart(9, '0')}`);
      } finally {
        ended.push(name);
      }
    }
    for await (const { key } of compareKeys(endless('objects'), endless('rows'))) {
      if (key === 'a/000000010') break;
    }
    expect(ended).toEqual(['objects', 'rows']);
  });
});

describe('rowsByKey', () => {
  it('reads pages as they are wanted, up to the last', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => ({ key: `a/${10 + index}` }));
    const asked: string[] = [];
    const rows = rowsByKey(
      (after, limit) => {
        asked.push(after);
        return Promise.resolve(keys.filter(({ key }) => key > after).slice(0, limit));
      },
      'a/',
      10,
    );
    expect(await Array.fromAsync(rows)).toEqual(keys);
    expect(asked).toEqual(['a/', 'a/19', 'a/29']);
  });
});

describe('pagesOfFolders', () => {
  const pages = async (keys: string[], most: number) => {
    const cut = await Array.fromAsync(
      pagesOfFolders(streamOf(keys.map((key) => ({ key }))), { items: 3, most }),
    );
    return cut.map((page) => page.map(({ key }) => key).join(' '));
  };

  it('ends a page where a folder ends, or where it has too many', async () => {
    const keys = ['a/1', 'a/2', 'b/1', 'b/2', 'b/3', 'c/1', 'c/2'];
    expect(await pages(keys, 10)).toEqual(['a/1 a/2 b/1 b/2 b/3', 'c/1 c/2']);
    expect(await pages(keys, 4)).toEqual(['a/1 a/2 b/1 b/2', 'b/3 c/1 c/2']);
    expect(await pages([], 4)).toEqual([]);
  });

  it('holds one page of two hundred thousand items', async () => {
    function* many() {
      for (let study = 0; study < 20_000; study += 1) {
        for (let index = 0; index < 10; index += 1)
          yield { key: `v1/${String(study).padStart(8, '0')}/${index}` };
      }
    }
    let [items, largest] = [0, 0];
    for await (const page of pagesOfFolders(streamOf(many()), { items: 1_000, most: 20_000 })) {
      items += page.length;
      largest = Math.max(largest, page.length);
      expect(folderOf(page.at(-1)?.key ?? '').length).toBe(12);
    }
    expect({ items, largest }).toEqual({ items: 200_000, largest: 1_000 });
  });
});
