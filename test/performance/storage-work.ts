/** What an archive of ours says of its own work, from its metrics. */
import type { StorageWork } from './bench-case.ts';

const COUNTERS: Readonly<Record<keyof StorageWork, string>> = {
  hashedBytes: 'sandyq_storage_hashed_bytes_total',
  writtenBytes: 'sandyq_storage_written_bytes_total',
  readBytes: 'sandyq_storage_read_bytes_total',
  fileSyncs: 'sandyq_storage_syncs_total{kind="file"}',
  directorySyncs: 'sandyq_storage_syncs_total{kind="directory"}',
};

/** `url`: of the archive, without a slash at the end. Throws where it gives no metrics. */
export async function readStorageWork(url: string): Promise<StorageWork> {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) throw new Error(`${url}/metrics answers ${answer.status}`);
  const values = new Map(
    (await answer.text()).split('\n').map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
  return mapWork((name) => values.get(COUNTERS[name]) ?? 0);
}

/** What was done between the two. */
export function workBetween(before: StorageWork, after: StorageWork): StorageWork {
  return mapWork((name) => after[name] - before[name]);
}

function mapWork(of: (name: keyof StorageWork) => number): StorageWork {
  return {
    hashedBytes: of('hashedBytes'),
    writtenBytes: of('writtenBytes'),
    readBytes: of('readBytes'),
    fileSyncs: of('fileSyncs'),
    directorySyncs: of('directorySyncs'),
  };
}
