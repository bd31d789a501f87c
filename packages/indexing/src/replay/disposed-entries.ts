/**
 * Entries that were disposed of: an older copy of the store, or a replica, may bring their objects back. They are never
 * indexed again, and an object that holds nothing else is deleted once more.
 */
import {
  type Database,
  dispositionsOfObjects,
  type EndedDisposition,
  endedDispositions,
  recordTurnedUp,
  tombstonesOf,
} from '@sandyq/database';
import { originalsOf, originOf, type ReceiptEntry } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import type { StoredTail } from './stored-tail.ts';

/** Says by which disposition an entry went; undefined: by none. */
export type DisposedBy = (tail: StoredTail, entry: ReceiptEntry) => string | undefined;

/** What is to be asked of these segments. Where nothing of their studies was disposed of it is one question. */
export async function readDisposed(database: Database, tails: readonly StoredTail[]): Promise<DisposedBy> {
  const receipts = tails.map(({ segment }) => segment.receipt);
  const studies = [...new Set(receipts.map(({ studyInstanceUid }) => studyInstanceUid))];
  const ended = await endedDispositions(database, studies);
  if (ended.length === 0) return () => undefined;
  const uids = receipts.flatMap(({ entries }) => entries.map(({ sopInstanceUid }) => sopInstanceUid));
  const tombstones = await tombstonesOf(database, [...new Set(uids)]);
  const objects = await dispositionsOfObjects(
    database,
    ended.map(({ dispositionId }) => dispositionId),
    tails.map(({ key }) => key),
  );
  const byId = new Map(ended.map((one) => [one.dispositionId, one]));
  const byEntry = new Map(tombstones.map((one) => [nameOf(one), byId.get(one.dispositionId)]));
  return (tail, entry) => disposedBy(tail, entry, { byId, byEntry, objects });
}

interface Known {
  readonly byId: ReadonlyMap<string, EndedDisposition>;
  readonly byEntry: ReadonlyMap<string, EndedDisposition | undefined>;
  readonly objects: ReadonlyMap<string, string>;
}

/**
 * The object is one that it deleted with all of the study; or the very bytes have a tombstone, and were received before:
 * bytes that were sent again afterwards are judged, and kept in quarantine.
 */
function disposedBy(
  { key, segment: { receipt } }: StoredTail,
  entry: ReceiptEntry,
  { byId, byEntry, objects }: Known,
): string | undefined {
  const deleted = byId.get(objects.get(key) ?? '');
  if (deleted?.isWholeStudy === true) return deleted.dispositionId;
  const by = byEntry.get(nameOf(entry));
  if (by === undefined || deleted === by) return by?.dispositionId;
  const original = originalsOf(receipt).find(({ segmentId }) => segmentId === originOf(receipt, entry));
  const receivedAt = new Date((original ?? receipt).receivedAt);
  return receivedAt <= by.begunAt ? by.dispositionId : undefined;
}

function nameOf({ sopInstanceUid, sha256 }: { readonly sopInstanceUid: string; readonly sha256: string }) {
  return `${sopInstanceUid} ${sha256}`;
}

/** Whether all instances in the segment were disposed of: then it is noted for deletion. */
export async function giveUpDisposed(
  { database, logger }: { readonly database: Database; readonly logger: Logger },
  tail: StoredTail,
  disposed: DisposedBy,
): Promise<boolean> {
  const entries = tail.segment.receipt.entries.filter(({ role }) => role === 'part10');
  const by = entries.map((entry) => disposed(tail, entry));
  const [dispositionId] = by;
  if (dispositionId === undefined || by.includes(undefined)) return false;
  await recordTurnedUp(database, dispositionId, tail.key);
  logger.warn('disposed-object-turned-up', { key: tail.key });
  return true;
}
