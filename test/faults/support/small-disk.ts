/** A disk of its own for a test: it can be filled, and mounted read-only. Linux, as root. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder on a disk of its own. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves so many bytes free. */
  fill(freeBytes: number): Promise<void>;
  /** Makes room again. */
  empty(): Promise<void>;
  /** Mounts it read-only as soon as nobody writes to it; throws if that does not come within 5 s. */
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
  remove(): Promise<void>;
}

const REMOUNT_LIMIT_MS = 5_000;

/** Mounts a tmpfs. Undefined, with the reason, where that is not possible: never in CI. */
export async function mountSmallDisk(sizeBytes: number): Promise<SmallDisk | { readonly reason: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-disk-'));
  try {
    await mount(['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0700`, 'tmpfs', folder]);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (process.env['CI'] === 'true') throw error;
    return { reason: 'a file system can not be mounted here' };
  }
  const remount = (options: string): Promise<unknown> => mount(['-o', `remount,${options}`, folder]);
  return {
    folder,
    // Refused if more was written since it was asked.
    fill: (freeBytes) =>
      retried(async () => {
        const { blocks, bavail, bsize } = await statfs(folder);
        await remount(`size=${(blocks - bavail) * bsize + freeBytes}`);
      }),
    empty: async () => void (await remount(`size=${sizeBytes}`)),
    makeReadOnly: () => retried(() => remount('ro')),
    makeWritable: async () => void (await remount('rw')),
    remove: async () => {
      await run('umount', ['--lazy', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A disk, or a folder like any other where none can be mounted. */
export async function smallDiskOrFolder(sizeBytes: number): Promise<{
  readonly folder: string;
  readonly disk: SmallDisk | undefined;
  readonly remove: () => Promise<void>;
}> {
  const disk = await mountSmallDisk(sizeBytes);
  if (!('reason' in disk)) return { folder: disk.folder, disk, remove: () => disk.remove() };
  process.stderr.write(`\n  skipped: full and read-only disks (${disk.reason})\n`);
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-folder-'));
  await mkdir(folder, { recursive: true });
  return { folder, disk: undefined, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function mount(arguments_: string[]): Promise<void> {
  await run('mount', arguments_);
}

/** `remount,ro` is refused as long as a file is open for writing. */
async function retried(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + REMOUNT_LIMIT_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(5);
    }
  }
}
