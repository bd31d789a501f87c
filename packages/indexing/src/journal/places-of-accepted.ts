/** Where accepted bytes were taken to, as the receipt of that segment certifies it. */
import { type AppliedPlace, segmentStates } from '@sandyq/database';
import { isStorageError, type JournalLine, type JournalPlace, openSegment } from '@sandyq/storage';
import type { JournalPorts } from './journal-ports.ts';

/**
 * By line id. A segment that was rewritten or deleted meanwhile has no place here: the replay of what took its place
 * gives it.
 */
export async function placesOfAccepted(
  ports: JournalPorts,
  lines: readonly JournalLine[],
): Promise<Map<number, AppliedPlace>> {
  const places = new Map<number, AppliedPlace>();
  for (const line of lines) {
    if (line.kind !== 'quarantine-accepted' || line.fact.place === undefined) continue;
    const place = await placeIn(ports, line.fact.place, line.fact.sha256);
    if (place !== undefined) places.set(line.id, place);
  }
  return places;
}

async function placeIn(
  { database, store }: JournalPorts,
  { segmentId, objectKey }: JournalPlace,
  sha256: string,
): Promise<AppliedPlace | undefined> {
  const state = (await segmentStates(database, [segmentId])).get(segmentId);
  if (state === 'superseded' || state === 'deleted') return undefined;
  try {
    const { receipt } = await openSegment(store, objectKey);
    const entry = receipt.entries.find((one) => one.sha256 === sha256);
    return (
      entry && { segmentId, objectKey, entryOffset: entry.offset, crc32: Buffer.from(entry.crc32, 'base64') }
    );
  } catch (error) {
    if (isStorageError(error, 'not-found') || isStorageError(error, 'damaged')) return undefined;
    throw error;
  }
}
