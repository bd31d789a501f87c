import { expect, it } from 'vitest';
import { readArguments } from './bench-arguments.ts';
import { selectCases } from './cases/all-cases.ts';
import { StoredLoad } from './load/stored-load.ts';
import { randomOf } from './run-compared.ts';

const defaults = { drawSeed: () => 7, defaultFolder: 'results' };

it('reads targets with their processes', () => {
  const { targets, seed } = readArguments(
    ['--target', 'orthanc=http://127.0.0.1:8125/dicom-web/,pid=12,pid=34', '--target', 'b=http://h/x'],
    defaults,
  );
  expect(targets.map((target) => [target.name, target.dicomWebUrl, target.pids()])).toEqual([
    ['orthanc', 'http://127.0.0.1:8125/dicom-web', [12, 34]],
    ['b', 'http://h/x', []],
  ]);
  expect(seed).toBe(7);
});

it.each([
  [['--target', 'no-url'], 'expected NAME=URL'],
  [['--target', 'a=http://h/x,pid=one'], 'expected NAME=URL'],
  [['--target', 'a=http://h/x', '--target', 'a=http://h/y'], 'same name'],
  [['--rounds', '0'], '--rounds must be'],
  [['--seed', '1.5'], '--seed must be'],
  [['--minutes', '0'], '--minutes must be'],
])('refuses %j', (args, message) => {
  expect(() => readArguments(args, defaults)).toThrow(message);
});

it('selects cases by name or by its beginning, each once, in the order asked for', () => {
  const load = new StoredLoad((name) => randomOf(1, name));
  const names = (wanted: string[]) => selectCases(load, wanted).map(({ name }) => name);
  expect(names(['store-ct-1'])).toEqual(['store-ct-1']);
  expect(names(['store-ct', 'store-ct-1'])).toEqual([
    'store-ct-1',
    'store-ct-10',
    'store-ct-50',
    'store-ct-senders',
  ]);
  expect(names(['start', 'store-ct-10'])).toEqual(['start', 'store-ct-10']);
  expect(new Set(names([])).size).toBe(names([]).length);
  expect(() => names(['nothing'])).toThrow('no case "nothing"');
});
