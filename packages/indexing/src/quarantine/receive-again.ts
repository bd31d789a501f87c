/** Bytes from quarantine on the ordinary way in: read by today's reader, spooled into a segment of their own, stored. */
import { type ExistingInstance, type Quarantined, readExisting } from '@sandyq/database';
import type { Identification } from '@sandyq/dicom';
import { type SealedSegment, type SegmentWriter, storeSegment } from '@sandyq/storage';
import { QuarantineError } from '../errors.ts';
import { type ReceivedInstance, receiveInstance } from '../reception/receive-instance.ts';
import type { Sender } from '../sender.ts';
import type { QuarantinePorts } from './quarantine-ports.ts';
import { readKept } from './read-kept.ts';

/** What came of it. */
export type ReceivedAgain =
  /** A stored segment that is not indexed yet; `remove` takes its file from the spool. */
  | {
      readonly kind: 'stored';
      readonly sealed: SealedSegment;
      readonly instance: ReceivedInstance;
      remove(): Promise<void>;
    }
  /** The archive holds these very bytes as this instance. */
  | { readonly kind: 'held'; readonly holder: ExistingInstance };

/** Throws QuarantineError('still-refused') where today's reader refuses them too, and StorageError. */
export async function receiveAgain(
  ports: QuarantinePorts,
  sender: Sender,
  quarantined: Quarantined,
): Promise<ReceivedAgain> {
  let segment: SegmentWriter | undefined;
  try {
    const reception = await receiveInstance<ExistingInstance>(readKept(ports.store, quarantined), {
      sender,
      acquire: async (identification) => {
        segment = await ports.spool.create(headerOf(sender, quarantined, identification));
        return segment;
      },
      keepRefused: readToTheEnd,
      verdictOnRepeat: (identification, sha256) => holderOf(ports, identification, sha256),
    });
    if (reception.kind === 'repeated') return { kind: 'held', holder: reception.verdict };
    if (reception.kind === 'refused' || segment === undefined) {
      const message =
        reception.kind === 'refused' ? reception.fault.message : 'no instance was found in the bytes';
      throw stillRefused(quarantined, message);
    }
    const sealed = await segment.seal();
    segment = undefined;
    return await storeSealed(ports, sealed, reception.instance);
  } finally {
    await segment?.discard();
  }
}

/** The bytes cannot be indexed, whatever an administrator wishes. */
export function stillRefused({ quarantineId }: Quarantined, message: string): QuarantineError {
  return new QuarantineError(
    'still-refused',
    `Quarantine entry ${quarantineId} cannot be indexed: ${message}. Ask its sender for a corrected instance, ` +
      'export the bytes to look at them, or discard them.',
  );
}

async function storeSealed(
  { store, spool }: QuarantinePorts,
  sealed: SealedSegment,
  instance: ReceivedInstance,
): Promise<ReceivedAgain> {
  const remove = () => spool.remove(sealed);
  try {
    await storeSegment(store, sealed);
  } catch (error) {
    await remove();
    throw error;
  }
  return { kind: 'stored', sealed, instance, remove };
}

/** The receipt certifies who sent the bytes, and when: not who accepted them. */
function headerOf(
  sender: Sender,
  quarantined: Quarantined,
  { studyInstanceUid, seriesInstanceUid }: Identification,
) {
  return {
    studyInstanceUid,
    seriesInstanceUid,
    facility: sender.facility.code,
    device: sender.device?.code,
    principal: sender.principalId,
    receivedAt: quarantined.receivedAt.toISOString(),
    source: { kind: 'received' },
  } as const;
}

/** They are kept already; read to the end, because damage shows there. */
async function readToTheEnd(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function holderOf(
  { database }: QuarantinePorts,
  { sopInstanceUid, studyInstanceUid, seriesInstanceUid }: Identification,
  sha256: string,
): Promise<ExistingInstance | undefined> {
  const holder = (await readExisting(database, [sopInstanceUid])).get(sopInstanceUid);
  const isSame =
    holder?.sha256.toString('hex') === sha256 &&
    holder.studyInstanceUid === studyInstanceUid &&
    holder.seriesInstanceUid === seriesInstanceUid &&
    (holder.state === 'active' || holder.state === 'identity-conflict');
  return isSame ? holder : undefined;
}
