/**
 * What the store's journal says and this database does not know: after the restore of an older database, in an empty one,
 * or when another database has written into the same journal. The chain is checked batch by batch; each is taken over
 * with what it changes in one transaction.
 */
import {
  advanceJournalHead,
  forgetJournalHead,
  freeLinesBeyond,
  type JournalHead,
  lockJournalHead,
  markIndexBehind,
  readJournalHead,
  takeOverLines,
} from '@sandyq/database';
import { endsEpoch, isStorageError, type JournalLine, journalKey, journalPrefix } from '@sandyq/storage';
import { JournalError } from '../errors.ts';
import { applyLines } from './apply-lines.ts';
import type { JournalPorts } from './journal-ports.ts';
import { placesOfAccepted } from './places-of-accepted.ts';
import { chainFault, type JournalFault, type LastBatch, type ReadBatch, readBatch } from './read-batch.ts';
import { settleNewIndexOnce } from './settle-new-index.ts';

export interface CatchUpOptions {
  readonly signal?: AbortSignal | undefined;
  /** Go on behind batches that are missing or damaged: what they said is lost. For a person to decide. */
  readonly acceptsGaps?: boolean | undefined;
}

/** What was found. */
export interface CatchUpReport {
  /** Batches read that the head did not know of. */
  batches: number;
  /** Lines in them that the database had not written itself. */
  unknownLines: number;
  /** What is missing or damaged, and was passed over as told. */
  readonly gaps: JournalFault[];
}

/**
 * Brings the database up to the end of the store's journal. If it did not know all of it, the index is marked as behind
 * (`restored`) in the same transaction: segments that were stored meanwhile are unknown too. Throws JournalError('damaged')
 * where the chain is broken, StorageError, DatabaseError: what was taken over stays.
 */
export async function catchUpJournal(
  ports: JournalPorts,
  options: CatchUpOptions = {},
): Promise<CatchUpReport> {
  await settleNewIndexOnce(ports);
  await assertHeadIsOurs(ports, options);
  const report: CatchUpReport = { batches: 0, unknownLines: 0, gaps: [] };
  let last = lastOf(await readJournalHead(ports.database));
  const after = last === undefined ? {} : { after: journalKey(last.link) };
  for await (const { key } of ports.store.list(journalPrefix, { ...after, ...signalOf(options) })) {
    const read = await readNext(ports, { key, last, options, report });
    if (read === undefined) continue;
    await takeOver(ports, read, { last, report });
    last = { link: read.link, endsEpoch: endsEpoch(read.batch) };
  }
  if (report.unknownLines > 0 || report.gaps.length > 0) {
    const { batches, unknownLines, gaps } = report;
    ports.logger.warn('journal-caught-up', { batches, lines: unknownLines, gaps: gaps.length });
  }
  return report;
}

interface Reading {
  readonly key: string;
  readonly last: LastBatch | undefined;
  readonly options: CatchUpOptions;
  readonly report: CatchUpReport;
}

/** The batch under this key if it continues the last one; undefined: it is passed over. */
async function readNext(
  ports: JournalPorts,
  { key, last, options, report }: Reading,
): Promise<ReadBatch | undefined> {
  try {
    await ports.maintenance.settle(key, options.signal);
    const read = await readBatch(ports.store, key, options.signal);
    const fault = chainFault(last, read.batch);
    if (fault === undefined) return read;
    await passOver(ports, { key, fault }, options, report);
    return read;
  } catch (error) {
    if (!isStorageError(error, 'damaged')) throw error;
    await passOver(ports, { key, fault: error.message }, options, report);
    return undefined;
  }
}

/** Nobody knows what a broken chain would have said: no verdicts, until a person has decided to go on. */
async function passOver(
  { database, logger }: JournalPorts,
  { key, fault }: JournalFault,
  { acceptsGaps = false }: CatchUpOptions,
  report: CatchUpReport,
): Promise<void> {
  await markIndexBehind(database, 'restored');
  logger.error('journal-damaged', { key });
  if (!acceptsGaps) {
    throw new JournalError(
      'damaged',
      `The journal is damaged at ${key}: ${fault}. See "npm run admin -- journal verify"; restore the object from a copy of the store.`,
    );
  }
  report.gaps.push({ key, fault });
}

async function takeOver(
  ports: JournalPorts,
  { batch, link }: ReadBatch,
  { last, report }: { last: LastBatch | undefined; report: CatchUpReport },
): Promise<void> {
  const places = await placesOfAccepted(ports, batch.lines);
  const unknown = await ports.database.inTransaction(async (client) => {
    const head = await lockJournalHead(client);
    // Somebody else has been here meanwhile.
    if (head.last?.sha256 !== last?.link.sha256) return [];
    await freeLinesBeyond(client);
    const lines = (await takeOverLines(client, batch)).filter(isNews);
    await applyLines(client, lines, { places, logger: ports.logger });
    if (lines.length > 0) await markIndexBehind(client, 'restored');
    await advanceJournalHead(client, { ...batch, previous: last?.link }, Buffer.from(link.sha256, 'hex'));
    return lines;
  });
  report.batches += 1;
  report.unknownLines += unknown.length;
}

/** The end of an epoch says nothing of what is stored. */
function isNews({ kind }: JournalLine): boolean {
  return kind !== 'epoch-ended';
}

/**
 * A store without the batch that the database knows as the last one is an older copy, or another one. What it has is
 * read from the beginning; what it lacks is written again.
 */
async function assertHeadIsOurs(ports: JournalPorts, options: CatchUpOptions): Promise<void> {
  const { last } = await readJournalHead(ports.database);
  if (last === undefined) return;
  const key = journalKey(last);
  const found = await readIfWhole(ports, key, options);
  if (found?.link.sha256 === last.sha256) return;
  ports.logger.error('journal-head-missing', { key });
  await ports.database.inTransaction(forgetJournalHead);
}

async function readIfWhole(
  { store }: JournalPorts,
  key: string,
  { signal }: CatchUpOptions,
): Promise<ReadBatch | undefined> {
  try {
    return await readBatch(store, key, signal);
  } catch (error) {
    if (isStorageError(error, 'not-found') || isStorageError(error, 'damaged')) return undefined;
    throw error;
  }
}

function lastOf({ last, next }: JournalHead): LastBatch | undefined {
  return last && { link: last, endsEpoch: next.epoch > last.epoch };
}

function signalOf({ signal }: CatchUpOptions) {
  return signal === undefined ? {} : { signal };
}
