/** Stored segments of one instance, as ingest leaves them in the store: for tests of what is told by them alone. */
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import {
  nodeFileSystem,
  type ObjectStore,
  type SealedSegment,
  SegmentSpool,
  storeSegment,
  uuidV7Source,
} from '@sandyq/storage';

/** What a test says of an instance; the rest is ordinary. */
export interface WantedInstance {
  readonly image: number;
  /** Defaults to {@link STUDY}. */
  readonly study?: string;
  /** Number of the series; defaults to 1. */
  readonly series?: number;
  readonly patientId?: string;
  readonly serial?: string;
  /** Of the clock that gives ids, and of receiving: seconds. */
  readonly second: number;
}

/** Study Instance UID where a test does not say another one. */
export const STUDY = '2.25.99';

/** Where it is put. */
export interface StorePlace {
  readonly store: ObjectStore;
  readonly spoolFolder: string;
}

/** Stores it. `{study}.{series}.{image}` is its SOP Instance UID. */
export async function storeInstance(
  { store, spoolFolder }: StorePlace,
  wanted: WantedInstance,
): Promise<SealedSegment> {
  const { image, study = STUDY, series = 1, second } = wanted;
  const at = Date.UTC(2026, 2, 1, 8, 0, second);
  const newId = uuidV7Source({ now: () => at, fillRandom: (bytes) => randomFillSync(bytes) });
  const spool = new SegmentSpool({
    directory: join(spoolFolder, String(image)),
    fileSystem: nodeFileSystem(),
    newId,
  });
  const segment = await spool.create({
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.${series}`,
    facility: 'hospital',
    device: undefined,
    principal: 'scanner',
    receivedAt: new Date(at).toISOString(),
    source: { kind: 'received' },
  });
  const sopInstanceUid = `${study}.${series}.${image}`;
  const entry = await segment.beginEntry({ sopInstanceUid, role: 'part10' });
  await entry.write(Buffer.from(`bytes of ${image}`));
  await entry.commit({
    sopInstanceUid,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    characterSet: { label: ['ISO_IR 192'], used: ['ISO_IR 192'], flag: 'as-labelled' },
    pixelData: undefined,
    metadata: Buffer.from(JSON.stringify(jsonOf(sopInstanceUid, wanted))),
  });
  const sealed = await segment.seal();
  await storeSegment(store, sealed);
  await spool.close();
  return sealed;
}

function jsonOf(sopInstanceUid: string, { image, patientId = 'P-1', serial }: WantedInstance): object {
  return {
    '00080018': { vr: 'UI', Value: [sopInstanceUid] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: `Name^${image}` }] },
    '00100020': { vr: 'LO', Value: [patientId] },
    ...(serial !== undefined && { '00181000': { vr: 'LO', Value: [serial] } }),
  };
}
