/** What decisions on quarantine work with. */
import { type Database, findQuarantined, type Quarantined } from '@sandyq/database';
import type { ObjectStore, SegmentSpool } from '@sandyq/storage';
import { QuarantineError } from '../errors.ts';
import type { JournalPorts } from '../journal/journal-ports.ts';
import type { IndexingPorts } from '../stored-segment.ts';

export interface QuarantinePorts extends Pick<IndexingPorts, 'directory' | 'pixels'>, JournalPorts {
  /** Where bytes pass on their way from a quarantine object into a segment. */
  readonly spool: SegmentSpool;
  readonly now: () => Date;
}

/** Enough to read what is kept. */
export interface ReadingPorts {
  readonly database: Database;
  readonly store: ObjectStore;
}

/** The entry of this number. Throws QuarantineError('not-found'). */
export async function entryOf(
  { database }: { database: Database },
  quarantineId: number,
): Promise<Quarantined> {
  const entry = await findQuarantined(database, quarantineId);
  if (entry !== undefined) return entry;
  throw new QuarantineError('not-found', `There is no quarantine entry ${quarantineId}.`);
}

/** The entry of this number, which nobody has decided on. Throws QuarantineError('not-found' | 'decided'). */
export async function openEntryOf(ports: { database: Database }, quarantineId: number): Promise<Quarantined> {
  const entry = await entryOf(ports, quarantineId);
  if (entry.state === 'open') return entry;
  throw new QuarantineError('decided', `Quarantine entry ${quarantineId} is ${entry.state} already.`);
}
