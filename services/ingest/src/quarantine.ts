/** Bytes that cannot be accepted are kept with sender and reason; a repeat raises a counter, not a copy (design §2.7). */
import { countQuarantineRepeat, type Device, quarantinedBytes, recordQuarantine } from '@sandyq/database';
import type { Identification } from '@sandyq/dicom';
import type { Fault, Sender } from '@sandyq/indexing';
import {
  buildQuarantineKey,
  type LooseFileWriter,
  type SealedLooseFile,
  StorageError,
} from '@sandyq/storage';
import type { IngestDependencies } from './dependencies.ts';

/** UIDs as far as they are known. */
export type PartialIdentification = {
  readonly [Name in keyof Omit<Identification, 'transferSyntax'>]?: string | undefined;
};

/** What is known of refused bytes. */
export interface RefusedBytes {
  readonly sender: Sender;
  readonly device: Device | undefined;
  readonly identification: PartialIdentification | undefined;
  readonly fault: Fault;
  readonly receivedAt: Date;
}

/** The device's quarantine is full: the sender must be told to wait, because the bytes are not kept. */
export class QuarantineFullError extends Error {
  override readonly name = 'QuarantineFullError';

  constructor() {
    super('the quarantine of this device or facility is full');
  }
}

/** Spools the bytes of a refused part, then stores and lists them. */
export async function quarantineBytes(
  dependencies: IngestDependencies,
  bytes: AsyncIterable<Uint8Array>,
  refused: RefusedBytes,
): Promise<void> {
  const room = await roomOf(dependencies, refused);
  const file = await dependencies.spool.createLoose();
  let sealed: SealedLooseFile;
  try {
    await spoolWithin(bytes, file, room);
    sealed = await file.seal();
  } catch (error) {
    await file.discard();
    throw error;
  }
  try {
    await keep(dependencies, sealed, refused);
  } finally {
    await dependencies.spool.remove(sealed);
  }
}

async function spoolWithin(
  bytes: AsyncIterable<Uint8Array>,
  file: LooseFileWriter,
  room: number,
): Promise<void> {
  for await (const chunk of bytes) {
    if (file.length + chunk.length > room) throw new QuarantineFullError();
    await file.write(chunk);
  }
}

async function roomOf(dependencies: IngestDependencies, { sender, device }: RefusedBytes): Promise<number> {
  const quota = device?.quarantineQuotaBytes ?? dependencies.quarantineQuotaBytes;
  const { facilityId } = sender.facility;
  return quota - (await quarantinedBytes(dependencies.database, { facilityId, deviceId: device?.deviceId }));
}

async function keep(
  { database, store, newId }: IngestDependencies,
  sealed: SealedLooseFile,
  { sender, device, identification, fault, receivedAt }: RefusedBytes,
): Promise<void> {
  const { facilityId } = sender.facility;
  const sha256 = Buffer.from(sealed.sha256, 'hex');
  const known = await countQuarantineRepeat(database, {
    facilityId,
    sha256,
    reason: fault.reason,
    receivedAt,
  });
  if (known !== undefined) return;
  const objectKey = buildQuarantineKey(sealed.sha256, newId());
  await store.putFile(objectKey, sealed);
  const { isNew } = await database.inTransaction((client) =>
    recordQuarantine(client, {
      sha256,
      reason: fault.reason,
      message: fault.message,
      facilityId,
      deviceId: device?.deviceId,
      principalId: sender.principalId,
      objectKey,
      entryOffset: 0,
      entryLength: sealed.size,
      crc32: undefined,
      segmentId: undefined,
      studyInstanceUid: identification?.studyInstanceUid,
      seriesInstanceUid: identification?.seriesInstanceUid,
      sopInstanceUid: identification?.sopInstanceUid,
      receivedAt,
    }),
  );
  // The same bytes came twice at once: the other copy is the listed one, and this key is known to nobody.
  if (!isNew) await removeCopy({ store }, objectKey);
}

async function removeCopy({ store }: Pick<IngestDependencies, 'store'>, objectKey: string): Promise<void> {
  try {
    await store.delete(objectKey);
  } catch (error) {
    // A copy too many is no loss; upkeep lists objects that no row names.
    if (!(error instanceof StorageError)) throw error;
  }
}
