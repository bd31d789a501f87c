import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, 'testing', 'logging-program.ts');

function start(way: string) {
  const child = spawn(process.execPath, [program, way], { stdio: ['ignore', 'pipe', 'ignore'] });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const events = () => [...written.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event);
  return { child, events };
}

it.each(['end', 'exit', 'throw'])(
  'standard output has every line of a process that ends by %s',
  async (way) => {
    const { child, events } = start(way);
    await once(child, 'close');
    expect(events()).toEqual(['first', 'last']);
  },
);

it('standard output has the lines of a process that goes on', async () => {
  const { child, events } = start('stay');
  try {
    await expect.poll(events, { timeout: 30_000 }).toEqual(['first', 'last']);
    expect(child.exitCode).toBeNull();
  } finally {
    child.kill();
    await once(child, 'close');
  }
});
