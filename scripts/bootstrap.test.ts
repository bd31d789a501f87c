import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';

/** A checkout with the real bootstrap, an installer that only notes its calls, and `admin` as the command to run. */
let root: string;

const INSTALLER = `#!/bin/sh
echo "$*" >> calls
sleep 0.3
[ ! -e broken ] || { echo 'registry says no' >&2; exit 1; }
mkdir -p node_modules
`;
const COMMAND = `
const [what, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(rest));
if (what === 'exit') process.exitCode = Number(rest[0]);
if (what === 'wait') {
  setInterval(() => {}, 1000);
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
    console.log(signal);
    if ((signals += 1) === 1) setTimeout(() => process.exit(0), 300);
  });
  console.log(process.pid);
}
`;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'sandyq-bootstrap-'));
  for (const folder of ['scripts', 'packages/dicom', 'services', 'bin']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  for (const name of ['bootstrap.mjs', 'bootstrap']) {
    await cp(path.join(import.meta.dirname, name), path.join(root, 'scripts', name), { recursive: true });
  }
  await writeFile(
    path.join(root, 'package.json'),
    JSON.stringify({ packageManager: 'pnpm@1.2.3', optionalDependencies: {} }),
  );
  await writeFile(path.join(root, 'scripts', 'admin.ts'), COMMAND);
  await writeFile(path.join(root, 'bin', 'npx'), INSTALLER, { mode: 0o755 });
});

function start(...args: string[]): ChildProcess {
  const env = { ...process.env, PATH: `${path.join(root, 'bin')}:${process.env['PATH']}` };
  return spawn(process.execPath, [path.join(root, 'scripts', 'bootstrap.mjs'), ...args], {
    env,
    stdio: 'pipe',
  });
}

async function finish(child: ChildProcess) {
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (errors += text));
  const [code]: unknown[] = await once(child, 'close');
  return { code, output, errors };
}

async function installations(): Promise<number> {
  const calls = await readFile(path.join(root, 'calls'), 'utf8').catch(() => '');
  return calls.split('\n').length - 1;
}

describe('the installation', () => {
  it('happens once, with the package manager of package.json, and again when dependencies change', async () => {
    expect(await finish(start('admin', 'list'))).toMatchObject({ code: 0, output: '[]\n' });
    expect(await readFile(path.join(root, 'calls'), 'utf8')).toContain(
      '-y pnpm@1.2.3 install --frozen-lockfile',
    );
    expect((await finish(start('admin', 'list'))).errors).toBe('');
    expect(await installations()).toBe(1);
    await writeFile(path.join(root, 'packages', 'dicom', 'package.json'), '{}');
    await finish(start('admin', 'list'));
    expect(await installations()).toBe(2);
  });

  it('happens once when several begin at the same time; the others wait and say so', async () => {
    const results = await Promise.all([1, 2, 3].map(() => finish(start('admin', 'list'))));
    for (const result of results) expect(result).toMatchObject({ code: 0, output: '[]\n' });
    expect(results.filter(({ errors }) => errors.includes('waiting'))).toHaveLength(2);
    expect(await installations()).toBe(1);
  });

  it('says why it failed, runs nothing, and is tried again', async () => {
    await writeFile(path.join(root, 'broken'), '');
    const failed = await finish(start('admin', 'list'));
    expect(failed).toMatchObject({
      code: 1,
      output: '',
      errors: expect.stringContaining('registry says no'),
    });
    await writeFile(path.join(root, 'bin', 'npx'), INSTALLER.replace('broken', 'mended'));
    expect(await finish(start('admin', 'list'))).toMatchObject({ code: 0, output: '[]\n' });
  });

  it('goes on after it was killed in the middle', async () => {
    const killed = start('admin', 'list');
    await once(killed.stderr ?? killed, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await finish(start('admin', 'list'))).toMatchObject({ code: 0, output: '[]\n' });
  });
});

describe('the command', () => {
  it('gets its arguments, and its exit code is ours', async () => {
    expect(await finish(start('admin', 'exit', '7', 'a b', '--c'))).toMatchObject({
      code: 7,
      output: '["7","a b","--c"]\n',
    });
  });

  it('is named when there is no such one', async () => {
    const result = await finish(start('strat'));
    expect(result).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/no command "strat".*start, .*bench/),
    });
    expect(await installations()).toBe(0);
  });

  it('gets a signal once, however often it comes at the same time, and ends in order', async () => {
    const child = start('admin', 'wait');
    const finished = finish(child);
    await untilOutput(child);
    child.kill('SIGINT');
    child.kill('SIGINT');
    await delay(50);
    child.kill('SIGINT');
    const { code, output } = await finished;
    expect(output.split('\n').filter((line) => line === 'SIGINT')).toHaveLength(1);
    expect(code).toBe(0);
  });

  it.runIf(process.platform === 'linux')('ends in order when the bootstrap is killed', async () => {
    const child = start('admin', 'wait');
    const finished = finish(child);
    await untilOutput(child);
    child.kill('SIGKILL');
    // Its output stays open as long as the command lives.
    expect((await finished).output).toContain('SIGTERM');
  });
});

async function untilOutput(child: ChildProcess): Promise<void> {
  for await (const [text] of onData(child)) {
    if (/^\d+$/m.test(String(text))) return;
  }
}

async function* onData(child: ChildProcess) {
  for (;;) yield await once(child.stdout ?? child, 'data');
}
