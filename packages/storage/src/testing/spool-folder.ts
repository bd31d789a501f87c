// A folder for spool files of a test, on disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import type { SealedFile } from '../object-store.ts';

/** Where a test writes sealed files. */
export interface SpoolFolder {
  readonly path: string;
  /** A new file with these bytes, fsynced. */
  readonly spool: (bytes: Uint8Array) => Promise<SealedFile>;
  readonly remove: () => Promise<void>;
}

/** Makes one below the system's temporary folder. */
export async function newSpoolFolder(): Promise<SpoolFolder> {
  const path = await mkdtemp(join(tmpdir(), 'sandyq-spool-'));
  let count = 0;
  return {
    path,
    spool: async (bytes) => {
      count += 1;
      const file = await nodeFileSystem().open(join(path, `${count}`), 'create');
      await file.write(bytes, 0);
      await file.sync();
      await file.close();
      return { path: file.path, size: bytes.length };
    },
    remove: () => rm(path, { recursive: true }),
  };
}
