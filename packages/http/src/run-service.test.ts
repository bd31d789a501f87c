import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('testing/service-process.ts', import.meta.url));

/** Starts the process and waits until it listens (or has ended). */
async function start(what: string) {
  const child = spawn(process.execPath, [program, what], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let error = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const port = await new Promise<number>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [, digits] = /listening (\d+)/.exec(out) ?? [];
      if (digits !== undefined) resolve(Number(digits));
    });
    child.once('close', () => resolve(0));
  });
  return { child, port, ended, out: () => out, error: () => error };
}

describe('a service', () => {
  it('answers what it has begun, then exits 0 on SIGTERM', async () => {
    const service = await start('serves');
    const answer = fetch(`http://127.0.0.1:${service.port}/`);
    await sleep(200);
    service.child.kill('SIGTERM');
    expect(await (await answer).text()).toBe('slow');
    expect(await service.ended).toBe(0);
    expect(service.out()).toContain('"event":"stopped"');
  });

  it('takes a second signal right after the first for an echo (npm hands on Ctrl-C)', async () => {
    const service = await start('serves');
    const answer = fetch(`http://127.0.0.1:${service.port}/`);
    await sleep(200);
    service.child.kill('SIGINT');
    await sleep(50);
    service.child.kill('SIGINT');
    expect((await answer).status).toBe(200);
    expect(await service.ended).toBe(0);
  });

  it('ends at once on a second signal later', async () => {
    const service = await start('stop-hangs');
    service.child.kill('SIGTERM');
    await sleep(1300);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(143);
  });

  it('ends when its stop takes too long or fails, with 1', async () => {
    const [hangs, fails] = await Promise.all([start('stop-hangs'), start('stop-fails')]);
    hangs.child.kill('SIGTERM');
    fails.child.kill('SIGTERM');
    expect(await hangs.ended).toBe(1);
    expect(await fails.ended).toBe(1);
    expect(hangs.out()).toContain('stop-overran');
    expect(fails.out()).toContain('stop-failed');
  });

  it('that is told to end while it starts, ends when it has', async () => {
    const service = await start('starts-slowly');
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
  });

  it('that can not start says why to people, and exits 1', async () => {
    const service = await start('fails');
    expect(await service.ended).toBe(1);
    expect(service.error()).toContain('The port is taken: set SANDYQ_PORT.');
    expect(service.out()).toContain('"event":"start-failed"');
  });

  it('ends with an error that nobody handles', async () => {
    const service = await start('throws-later');
    expect(await service.ended).toBe(1);
    expect(service.out()).toContain('"event":"unhandled-rejection"');
    expect(service.out()).not.toContain('nobody handles this');
  });
});
