// A process that puts objects into a filesystem store and says which are acknowledged, until somebody kills it.
// Arguments: root of the store, spool folder, number of the run. The bytes of an object follow from its key.
import { join } from 'node:path';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { createFilesystemStore } from '../filesystem/filesystem-store.ts';
import { bytesOfKey } from './bytes-of-key.ts';

const [root = '', spool = '', run = ''] = process.argv.slice(2);
const store = createFilesystemStore({ root });

await Promise.all(Array.from({ length: 4 }, (_, writer) => putForever(writer)));

async function putForever(writer: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const key = `v1/${writer}${count % 4}/run-${run}/object-${count}`;
    const bytes = bytesOfKey(key);
    if (count % 2 === 0) {
      await store.putBytes(key, bytes);
    } else {
      const path = join(spool, `${run}-${writer}-${count}`);
      const file = await nodeFileSystem().open(path, 'create');
      await file.write(bytes, 0);
      await file.sync();
      await file.close();
      await store.putFile(key, { path, size: bytes.length });
    }
    process.stdout.write(`${key}\n`);
  }
}
