/**
 * Puts an object back that is missing or damaged, with identical bytes: only where key or chain make the bytes certain
 * (docs/decisions/0014). A damaged one is deleted for it, recorded before, when a verified copy is at hand.
 */
import { createHash } from 'node:crypto';
import { type Database, recordRestored, recordRestoring } from '@sandyq/database';
import { isStorageError, type ObjectStore, type SealedLooseFile, StorageError } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { checkBytes } from './check-bytes.ts';

export interface RestorePorts {
  readonly database: Database;
  readonly logger: Logger;
  readonly decidedBy: string;
}

/** What is to be put back, and where. */
export interface Restoration {
  readonly store: ObjectStore;
  readonly storeName: 'primary' | 'replica';
  readonly objectKey: string;
  /** The right bytes, verified, in the spool. */
  readonly copy: SealedLooseFile;
}

/**
 * On return the object has the right bytes, read back. Throws StorageError: `access-denied` where the store does not let
 * the damaged object go, `unavailable`, `damaged` if what was put reads back differently.
 */
export async function restoreObject(ports: RestorePorts, restoration: Restoration): Promise<void> {
  const { store, storeName, objectKey, copy } = restoration;
  const sha256 = Buffer.from(copy.sha256, 'hex');
  const found = await digestOf(store, objectKey);
  if (found?.equals(sha256) === true) return;
  const id = await recordRestoring(ports.database, {
    objectKey,
    store: storeName,
    sha256,
    damagedSha256: found,
    decidedBy: ports.decidedBy,
  });
  if (found !== undefined) await store.delete(objectKey);
  await putUnlessThere(store, objectKey, copy);
  const check = await checkBytes(store, { objectKey, sizeBytes: copy.size, sha256 });
  if (check.outcome !== 'whole') {
    throw new StorageError('damaged', `${objectKey} was put back and reads back as ${check.outcome}`);
  }
  await recordRestored(ports.database, id);
  ports.logger.info('object-restored', { store: storeName, objectKey, wasMissing: found === undefined });
}

/** Another process repairs the same: the bytes are read back in any case. */
async function putUnlessThere(store: ObjectStore, key: string, copy: SealedLooseFile): Promise<void> {
  try {
    await store.putFile(key, copy);
  } catch (error) {
    if (!isStorageError(error, 'exists')) throw error;
  }
}

async function digestOf(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of (await store.read(key)) as AsyncIterable<Uint8Array>) hash.update(chunk);
  } catch (error) {
    if (isStorageError(error, 'not-found')) return undefined;
    throw error;
  }
  return hash.digest();
}
