import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const repository = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, repository), 'utf8');

/** What stands between `node` and the file it runs, wherever services are started. */
function flagsIn(file: string): string[][] {
  return [...read(file).matchAll(/\[\s*"?node"?,(.*), "?services\/\w+\/src\/main\.ts"?\]/g)].map(
    ([, flags]) => (flags ?? '').split(',').map((flag) => flag.trim().replaceAll('"', '')),
  );
}

describe('the flags that Node is started with', () => {
  const ours = JSON.parse(read('scripts/bootstrap/node-flags.json')) as string[];

  it.each([
    ['Dockerfile', 1],
    ['docker-compose.yml', 3],
  ])('are the same in %s', (file, commands) => {
    expect(flagsIn(file)).toEqual(Array.from({ length: commands }, () => ours));
  });
});
