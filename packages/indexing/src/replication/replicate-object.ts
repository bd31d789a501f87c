/**
 * Copies one segment or quarantine object to the replica: from the store into the spool, verified there against what
 * certifies it, put, never over another. What is damaged here does not go there.
 */
import type { Database, ObjectToReplicate } from '@sandyq/database';
import {
  type FileSystem,
  isStorageError,
  type ObjectStore,
  openSegment,
  type SealedLooseFile,
  type SegmentSpool,
  StorageError,
  type StoreMaintenance,
  verifyBytes,
  withFileBytes,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { checkBytes } from '../fixity/check-bytes.ts';
import { withSpoolCopy } from './spool-copy.ts';

export interface ReplicationPorts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly replica: ObjectStore & StoreMaintenance;
  readonly spool: SegmentSpool;
  /** Folder of the spool, and the free space that is kept on its disk for what is received. */
  readonly spoolFolder: string;
  readonly minFreeDiskBytes: number;
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
}

/**
 * `copied`; `there`: the replica held it already; `unsound`: what the store gave is not what is certified, or nothing;
 * `conflict`: the replica holds something else under this key.
 */
export type ReplicationOutcome = 'copied' | 'there' | 'unsound' | 'conflict';

/** Throws StorageError if either store, or the spool, cannot be used now. */
export async function replicateObject(
  ports: ReplicationPorts,
  object: ObjectToReplicate,
  signal?: AbortSignal,
): Promise<ReplicationOutcome> {
  const found = await findInReplica(ports.replica, object, signal);
  if (found !== 'absent') return found;
  await assertRoom(ports, object);
  try {
    return await withSpoolCopy(
      ports,
      object.objectKey,
      async (copy) => {
        if (!(await isCertified(ports.fileSystem, copy, object, signal))) return 'unsound';
        return put(ports.replica, object, copy, signal);
      },
      signal,
    );
  } catch (error) {
    if (isStorageError(error, 'not-found')) return 'unsound';
    throw error;
  }
}

/** Senders come first. */
async function assertRoom(
  { fileSystem, spoolFolder, minFreeDiskBytes }: ReplicationPorts,
  { sizeBytes }: ObjectToReplicate,
): Promise<void> {
  if ((await fileSystem.freeBytes(spoolFolder)) - sizeBytes >= minFreeDiskBytes) return;
  throw new StorageError('no-space', `a copy of ${sizeBytes} bytes has to wait for room in the spool`);
}

async function put(
  replica: ReplicationPorts['replica'],
  object: ObjectToReplicate,
  copy: SealedLooseFile,
  signal: AbortSignal | undefined,
): Promise<ReplicationOutcome> {
  try {
    await replica.putFile(object.objectKey, copy, signal);
    return 'copied';
  } catch (error) {
    // Another process was quicker, or an earlier attempt got further than it knew.
    if (!isStorageError(error, 'exists')) throw error;
    return (await findInReplica(replica, object, signal)) === 'there' ? 'there' : 'conflict';
  }
}

/** What is there is believed by size and receipt; `npm run fixity -- --replica` reads it in full. */
async function findInReplica(
  replica: ReplicationPorts['replica'],
  object: ObjectToReplicate,
  signal: AbortSignal | undefined,
): Promise<'there' | 'absent' | 'conflict'> {
  const found = await replica.stat(object.objectKey, signal);
  if (found === undefined) return 'absent';
  await replica.settle(object.objectKey, signal);
  if (found.size !== object.sizeBytes) return 'conflict';
  const isSame =
    object.kind === 'segment'
      ? await hasReceipt(replica, object, signal)
      : (await checkBytes(replica, object, signal)).outcome === 'whole';
  return isSame ? 'there' : 'conflict';
}

async function hasReceipt(
  replica: ObjectStore,
  { objectKey, sizeBytes, sha256 }: ObjectToReplicate,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const { receiptSha256 } = await openSegment(replica, objectKey, { size: sizeBytes, signal });
    return receiptSha256 === sha256.toString('hex');
  } catch (error) {
    if (isStorageError(error, 'damaged')) return false;
    throw error;
  }
}

/** Whether a copy in the spool is what the index says of the object, to the last byte. */
export async function isCertified(
  fileSystem: FileSystem,
  copy: SealedLooseFile,
  { kind, sizeBytes, sha256 }: ObjectToReplicate,
  signal?: AbortSignal,
): Promise<boolean> {
  if (copy.size !== sizeBytes) return false;
  if (kind === 'quarantine') return copy.sha256 === sha256.toString('hex');
  const { segment, faults } = await withFileBytes(fileSystem, copy.path, (source) =>
    verifyBytes(source, undefined, () => signal?.throwIfAborted()),
  );
  return faults.length === 0 && segment?.receiptSha256 === sha256.toString('hex');
}
