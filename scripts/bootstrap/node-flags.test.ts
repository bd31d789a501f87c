import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

it('Node has the same flags in a container', () => {
  const flags = JSON.parse(read('scripts/bootstrap/node-flags.json')) as string[];
  const [, entrypoint] = /^ENTRYPOINT (.*)$/m.exec(read('Dockerfile')) ?? [];
  expect(JSON.parse(entrypoint ?? '')).toEqual(['node', ...flags]);
});
