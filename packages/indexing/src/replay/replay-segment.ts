/**
 * A segment of the store that the index does not know, or not all of: told to the index by its receipt, its metadata and
 * what the journal says of its entries. The same segments and the same journal make the same index, in any order.
 */
import {
  commitSuperseded,
  commitTogether,
  knownSegments,
  readEntryFacts,
  recordVerdictsGiven,
  type SegmentCommit,
  segmentStates,
  studyExists,
} from '@sandyq/database';
import {
  isStorageError,
  type ObjectStat,
  openSegmentTail,
  originalsOf,
  parseSegmentKey,
  studyKeyPrefix,
  verifySegment,
} from '@sandyq/storage';
import { adoptRewrite } from '../rewrite/adopt-rewrite.ts';
import { commitPlans } from './commit-plans.ts';
import { giveUpDisposed, readDisposed } from './disposed-entries.ts';
import { type KnownOfSegment, planReplay, type ReplayPlan } from './plan-replay.ts';
import type { ReplayPorts } from './replay-ports.ts';
import type { StoredTail } from './stored-tail.ts';

/** What became of a segment that was to be replayed. */
export type ReplayOutcome =
  | 'replayed'
  /** Reported, kept, not indexed. */
  | 'damaged'
  /** Deleted meanwhile. */
  | 'gone'
  /** All of it was disposed of: not indexed, and to be deleted once more. */
  | 'disposed'
  /** Everything in it is held elsewhere, and that is recorded: known as superseded, not indexed. */
  | 'superseded';

export interface ReplayOptions {
  /** `tail`: receipt and metadata only, whose digests the key and the receipt vouch for; the bytes are left to fixity. */
  readonly verify: 'everything' | 'tail';
}

type FoundObject = Pick<ObjectStat, 'key' | 'size'>;

/** Verifies one segment and takes it through the commit path. Entries that it holds already stay as they are. */
export async function replaySegment(
  ports: ReplayPorts,
  object: FoundObject,
  options: ReplayOptions = { verify: 'everything' },
): Promise<ReplayOutcome> {
  const { key } = object;
  try {
    await ports.maintenance.settle(key);
    const tail = await readTail(ports, object, options);
    if (tail === undefined) return 'damaged';
    return await replayTail(ports, tail, options);
  } catch (error) {
    // Superseded or disposed between listing and reading.
    if (isStorageError(error, 'not-found')) return 'gone';
    throw error;
  }
}

/** undefined: it is damaged, and that is logged. */
async function readTail(
  { store, logger }: ReplayPorts,
  { key, size }: FoundObject,
  { verify }: ReplayOptions,
): Promise<StoredTail | undefined> {
  if (verify === 'everything') {
    const { segment, faults } = await verifySegment(store, key);
    if (segment === undefined || faults.length > 0) {
      logger.error('unknown-segment-damaged', { key, faults: faults.length });
      return undefined;
    }
  }
  try {
    return { key, ...(await openSegmentTail(store, key, { size })) };
  } catch (error) {
    if (!isStorageError(error, 'damaged')) throw error;
    logger.error('unknown-segment-damaged', { key, faults: 1 });
    return undefined;
  }
}

async function replayTail(
  ports: ReplayPorts,
  tail: StoredTail,
  options: ReplayOptions,
): Promise<ReplayOutcome> {
  const { database, logger } = ports;
  const { receipt } = tail.segment;
  const known = await readKnown(ports, [tail]);
  if (await giveUpDisposed(ports, tail, known.disposed)) return 'disposed';
  const state = (await segmentStates(database, [receipt.segmentId])).get(receipt.segmentId);
  if (state === 'superseded' || state === 'deleted') {
    await recordVerdictsGiven(database, receipt.segmentId);
    return 'superseded';
  }
  if (await takeAsSuperseded(ports, tail, known)) return 'superseded';
  const adopted = await adoptIfRewrite(ports, tail, { isVerified: options.verify === 'everything' });
  if (adopted === 'damaged') return 'damaged';
  const plan = await planReplay(ports, tail, known);
  if (plan.hasHeld && !plan.tellsPatient) await replayRestOfStudy(ports, plan, options);
  const commit = (segments: readonly SegmentCommit[]) => commitTogether(database, segments);
  const instances = await commitPlans({ ...ports, commit }, [plan]);
  await recordVerdictsGiven(database, receipt.segmentId);
  logger.info('segment-replayed', { key: tail.key, instances });
  return 'replayed';
}

/** What the journal and the registers say of these segments. */
export async function readKnown(
  { database }: Pick<ReplayPorts, 'database'>,
  tails: readonly StoredTail[],
): Promise<KnownOfSegment> {
  const facts = await readEntryFacts(database, tails.flatMap(subjectsOf));
  return { facts, disposed: await readDisposed(database, tails) };
}

/** The segments that the journal may say something of: this one, and those that its entries came in. */
function subjectsOf({ segment }: Pick<StoredTail, 'segment'>): string[] {
  const { receipt } = segment;
  return [...new Set([receipt.segmentId, ...originalsOf(receipt).map(({ segmentId }) => segmentId)])];
}

/** Takes the segment in as superseded if the journal says that it is. False: it is to be indexed. */
export async function takeAsSuperseded(
  ports: Pick<ReplayPorts, 'database' | 'directory'>,
  tail: StoredTail,
  known: KnownOfSegment,
): Promise<boolean> {
  const { segmentId } = tail.segment.receipt;
  const said = known.facts.find(({ line, segmentId: about }) => {
    return line.kind === 'segment-superseded' && about === segmentId;
  });
  if (said === undefined) return false;
  const plan = await planReplay(ports, tail, { ...known, facts: [] });
  const [part] = plan.parts;
  if (part === undefined) return false;
  return commitSuperseded(
    ports.database,
    { ...part.commit, instances: [], kept: undefined },
    new Date(said.line.occurredAt),
  );
}

/** What the database has of a rewrite's entries in the segments that it was made of lies in the rewrite from now on. */
export async function adoptIfRewrite(
  ports: Pick<ReplayPorts, 'database' | 'store' | 'logger'>,
  { key, segment }: StoredTail,
  { isVerified }: { readonly isVerified: boolean },
) {
  if (segment.receipt.source.kind !== 'rewrite') return 'nothing';
  return adoptRewrite(ports, { key, segment, isVerified });
}

/** Held instances don't tell whose their study is: the segments that do come first. */
async function replayRestOfStudy(
  ports: ReplayPorts,
  { segment }: ReplayPlan,
  options: ReplayOptions,
): Promise<void> {
  const { database, store } = ports;
  const { studyInstanceUid } = segment.receipt;
  if (await studyExists(database, studyInstanceUid)) return;
  for await (const object of store.list(studyKeyPrefix(studyInstanceUid))) {
    const { segmentId } = parseSegmentKey(object.key);
    if (segmentId === segment.id || (await knownSegments(database, [segmentId])).has(segmentId)) continue;
    const tail = await readTail(ports, object, options);
    if (tail === undefined) continue;
    const plan = await planReplay(ports, tail, await readKnown(ports, [tail]));
    if (plan.tellsPatient) await replaySegment(ports, object, options);
    if (await studyExists(database, studyInstanceUid)) return;
  }
}
