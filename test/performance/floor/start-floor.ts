/** Starts the floor for a run of the benchmark. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Floor } from '../bench-case.ts';

/** How many processes serve; as many as the archive that it is compared with. */
export interface FloorStart {
  readonly processes?: number;
}

/** On the same file system as the archive of the run; its folder is removed when it stops. */
export async function startFloor({ processes = 1 }: FloorStart = {}): Promise<Floor> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-floor-'));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), folder, String(processes)], {
    // Every request waits for the disk; more of them at once than libuv's four threads do.
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    // The channel ends with this process, and the floor with it.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const url = await firstLine(child.stdout);
  if (url === undefined || child.pid === undefined) {
    await stop();
    throw new Error('the floor did not start');
  }
  return { url, pid: child.pid, stop };
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string | undefined> {
  if (stream === null) return undefined;
  for await (const line of createInterface({ input: stream })) return line;
  return undefined;
}
