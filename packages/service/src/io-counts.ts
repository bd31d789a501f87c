/** What storing costs beside CPU, measured: bytes hashed, written and read, and fsyncs. */
import type { IoCounts } from '@sandyq/storage';
import type { Metrics } from '@sandyq/telemetry';

export function ioCounts(metrics: Metrics): IoCounts {
  const hashed = metrics.counter({
    name: 'storage_hashed_bytes_total',
    help: 'Bytes that went through SHA-256 on their way into segments and quarantine.',
  });
  const written = metrics.counter({
    name: 'storage_written_bytes_total',
    help: 'Bytes handed to the operating system for files of the spool and the object store.',
  });
  const read = metrics.counter({
    name: 'storage_read_bytes_total',
    help: 'Bytes asked back from files of the spool and the object store.',
  });
  const syncs = metrics.counter({
    name: 'storage_syncs_total',
    help: 'Calls of fsync for files and directories of the spool and the object store.',
    labels: { kind: ['file', 'directory'] },
  });
  return {
    hashed: (bytes) => hashed.add(bytes),
    written: (bytes) => written.add(bytes),
    read: (bytes) => read.add(bytes),
    synced: (kind) => syncs.add(1, { kind }),
  };
}
