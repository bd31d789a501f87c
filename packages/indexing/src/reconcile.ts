/**
 * Brings the index up to the store: every sealed segment that the database does not know is verified and replayed
 * through the ordinary commit path (design §2.3). After a restored older database, or a process that died between
 * store and commit, nothing that was acknowledged is missing.
 */
import { ensureFacility, knownSegments } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import {
  isStorageError,
  type ObjectStat,
  type ObjectStore,
  parseSegmentKey,
  readSegmentMetadata,
  type SegmentReceipt,
  type StoreMaintenance,
  verifySegment,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { indexSegment } from './index-segment.ts';
import type { Sender } from './sender.ts';
import type { IndexingPorts, StoredInstance } from './stored-segment.ts';

/** Keys asked of the database at a time. */
const PAGE = 1_000;

/** Prefix of segments of format version 1. */
const SEGMENT_PREFIX = 'v1/';

export interface ReconcilePorts extends IndexingPorts {
  /** The store without retries and limits. */
  readonly maintenance: ObjectStore & StoreMaintenance;
  readonly logger: Logger;
}

export interface ReconcileOptions {
  /** Say what would be done, change nothing. */
  readonly dryRun: boolean;
  /** Segments younger than this may be on their way through a living ingest process; milliseconds. */
  readonly minimumAgeMs: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (report: ReconcileReport) => void;
}

/** Counts of one run. */
export interface ReconcileReport {
  /** Segments listed. */
  listed: number;
  /** Of these, unknown to the database, or without all their verdicts. */
  unknown: number;
  /** Of the unknown, replayed into the index. */
  replayed: number;
  /** Keys of unknown segments that are damaged: reported, kept, not indexed. */
  readonly damaged: string[];
}

export async function reconcile(ports: ReconcilePorts, options: ReconcileOptions): Promise<ReconcileReport> {
  const report: ReconcileReport = { listed: 0, unknown: 0, replayed: 0, damaged: [] };
  let page: ObjectStat[] = [];
  for await (const object of ports.store.list(SEGMENT_PREFIX)) {
    options.signal?.throwIfAborted();
    page.push(object);
    if (page.length < PAGE) continue;
    await reconcilePage(ports, page, options, report);
    page = [];
  }
  await reconcilePage(ports, page, options, report);
  return report;
}

async function reconcilePage(
  ports: ReconcilePorts,
  page: readonly ObjectStat[],
  options: ReconcileOptions,
  report: ReconcileReport,
): Promise<void> {
  report.listed += page.length;
  const ids = page.map(({ key }) => parseSegmentKey(key).segmentId);
  const known = await knownSegments(ports.database, ids);
  const oldest = options.now().getTime() - options.minimumAgeMs;
  for (const [index, object] of page.entries()) {
    if (known.has(ids[index] ?? '') || object.lastModified.getTime() > oldest) continue;
    report.unknown += 1;
    if (!options.dryRun) await adopt(ports, object, report);
    options.onProgress?.(report);
  }
}

async function adopt(ports: ReconcilePorts, object: ObjectStat, report: ReconcileReport): Promise<void> {
  const outcome = await replaySegment(ports, object);
  if (outcome === 'damaged') report.damaged.push(object.key);
  if (outcome === 'replayed') report.replayed += 1;
}

/** Verifies one segment to the last byte and takes it through the commit path; `gone`: it was deleted meanwhile. */
export async function replaySegment(
  ports: ReconcilePorts,
  { key, size }: Pick<ObjectStat, 'key' | 'size'>,
): Promise<'replayed' | 'damaged' | 'gone'> {
  try {
    await ports.maintenance.settle(key);
    const { segment, faults } = await verifySegment(ports.store, key);
    if (segment === undefined || faults.length > 0) {
      ports.logger.error('unknown-segment-damaged', { key, faults: faults.length });
      return 'damaged';
    }
    const { receipt, receiptSha256 } = segment;
    const instances = await instancesOf(ports, key, receipt);
    const sender = await senderOf(ports, receipt);
    await indexSegment(
      ports,
      sender,
      { id: receipt.segmentId, key, size, receipt, receiptSha256 },
      instances,
    );
    ports.logger.info('segment-replayed', { key, instances: instances.length });
    return 'replayed';
  } catch (error) {
    // Superseded or disposed between listing and reading.
    if (isStorageError(error, 'not-found')) return 'gone';
    throw error;
  }
}

async function instancesOf(
  ports: ReconcilePorts,
  key: string,
  receipt: SegmentReceipt,
): Promise<StoredInstance[]> {
  const metadata = await readSegmentMetadata(ports.store, key, receipt);
  return receipt.entries.flatMap((entry) => {
    const text = metadata.get(entry.ordinal);
    if (text === undefined) return [];
    return [{ entry, json: JSON.parse(text) as DicomJson, metadata: Buffer.from(text) }];
  });
}

/** The sender as the receipt certifies it. A facility that the database has lost is made again under its code. */
async function senderOf({ directory, database }: ReconcilePorts, receipt: SegmentReceipt): Promise<Sender> {
  const code = receipt.facility ?? 'unknown';
  const facility =
    (await directory.facilityByCode(code)) ?? (await ensureFacility(database, { code, name: code }));
  const devices = await directory.devicesOf(facility.facilityId);
  return {
    principalId: receipt.principal,
    facility,
    device: devices.find((device) => device.code === receipt.device),
    devices,
  };
}
