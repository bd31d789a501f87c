/** The background task that keeps the replica a copy of the store, and the numbers that say how far behind it is. */
import { enterReplica } from '@sandyq/database';
import {
  deleteFromReplica,
  type ReplicationPorts,
  type ReplicationRound,
  replicateJournal,
  replicateWaiting,
  replicationStatus,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { StorageError, type StorageErrorCode } from '@sandyq/storage';

type Ports = Pick<
  Archive,
  'database' | 'store' | 'replica' | 'spool' | 'fileSystem' | 'logger' | 'metrics' | 'settings'
>;

/** Where copies go, as it is remembered: no credential is part of it. */
export function replicaTarget({ replica }: Ports['settings']): string | undefined {
  return replica && [replica.endpoint, replica.bucket, replica.prefix ?? ''].join('/');
}

/** What puts and uploads of this age left unfinished on the replica is removed; milliseconds. */
const UNFINISHED_MS = 24 * 3_600_000;

/**
 * One round of everything at each call, and how much it did. A replica that is away is no failure: nothing a sender or
 * reader waits for depends on it; what waits grows, and is copied when it is back. Without a replica it does nothing.
 */
export function createReplication(archive: Ports): (signal: AbortSignal) => Promise<number> {
  const { replica, settings, logger, metrics, database, store } = archive;
  const target = replicaTarget(settings);
  if (replica === undefined || target === undefined) return () => Promise.resolve(0);
  const { spoolFolder, minFreeDiskBytes } = settings;
  const ports: ReplicationPorts = { ...archive, replica, spoolFolder, minFreeDiskBytes };
  const copiedObjects = metrics.counter({
    name: 'replication_copied_objects_total',
    help: 'Objects copied to the replica by this process.',
    labels: { kind: KINDS },
  });
  const copiedBytes = metrics.counter({
    name: 'replication_copied_bytes_total',
    help: 'Bytes of segments and quarantine objects copied to the replica by this process.',
  });
  const halt = new Halt(logger);
  let sweptAt = Number.NEGATIVE_INFINITY;

  const copy = async (signal: AbortSignal): Promise<number> => {
    if (halt.isOn) await replica.check(signal);
    const isForgetting = await enterReplica(database, target);
    if (performance.now() - sweptAt > UNFINISHED_MS) {
      await replica.removeUnfinished(new Date(Date.now() - UNFINISHED_MS), signal);
      sweptAt = performance.now();
    }
    const rounds: ReplicationRound[] = [];
    for (const kind of ['segment', 'quarantine'] as const) {
      const round = await replicateWaiting(ports, kind, signal);
      copiedObjects.add(round.copied, { kind });
      copiedBytes.add(round.copiedBytes);
      rounds.push(round);
    }
    const batches = await replicateJournal(ports, signal);
    copiedObjects.add(batches, { kind: 'journal' });
    const deleted = await deleteFromReplica({ database, store, replica, logger }, signal);
    halt.set(rounds.find(({ haltedBy }) => haltedBy !== undefined)?.haltedBy);
    if (halt.isOn) return 0;
    const objects = rounds.reduce((sum, { copied, there }) => sum + copied + there, 0);
    return objects + batches + deleted + (isForgetting ? 1 : 0);
  };

  return async (signal) => {
    try {
      return await copy(signal);
    } catch (error) {
      if (!(error instanceof StorageError) || !error.retryable) throw error;
      halt.set(error.code);
      return 0;
    }
  };
}

const KINDS = ['segment', 'quarantine', 'journal'] as const;

/** Whether copying waits for a store or for room. Says it when it begins and ends, not at every attempt. */
class Halt {
  #code: StorageErrorCode | undefined;
  readonly #logger: Ports['logger'];

  constructor(logger: Ports['logger']) {
    this.#logger = logger;
  }

  get isOn(): boolean {
    return this.#code !== undefined;
  }

  set(code: StorageErrorCode | undefined): void {
    if (code !== undefined && this.#code === undefined) this.#logger.warn('replication-halted', { code });
    if (code === undefined && this.#code !== undefined) this.#logger.info('replication-resumed');
    this.#code = code;
  }
}

/** Keeps the gauges of what waits; to be called now and then. Reports none done, so that it rests in between. */
export function createReplicationGauges(archive: Ports): () => Promise<number> {
  const { metrics, replica, database, store } = archive;
  if (replica === undefined) return () => Promise.resolve(0);
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labels: { kind: KINDS } });
  const objects = gauge('replication_backlog_objects', 'Objects that wait to be copied to the replica.');
  const bytes = gauge('replication_backlog_bytes', 'Bytes that wait to be copied to the replica.');
  const age = gauge('replication_oldest_seconds', 'Age of the oldest object that waits to be copied.');
  const faults = metrics.gauge({
    name: 'replication_faults',
    help: 'Objects that are not copied before a person has looked: damaged here, or others under their key there.',
    labels: { kind: ['damaged', 'conflict'] },
  });
  const deletions = metrics.gauge({
    name: 'replication_deletions_waiting',
    help: 'Objects that are gone here and not yet from the replica.',
  });
  return async () => {
    const status = await replicationStatus({ database, store, now: () => new Date() });
    const { segments, quarantine, journal } = status;
    for (const [kind, waiting] of Object.entries({ segment: segments, quarantine, journal })) {
      const label = { kind: kind as (typeof KINDS)[number] };
      objects.set(waiting.objects, label);
      bytes.set(waiting.bytes, label);
      age.set(waiting.oldestSeconds, label);
    }
    const ofJournal = (fault: string): number => (journal.fault === fault ? 1 : 0);
    faults.set(segments.damaged + quarantine.damaged + ofJournal('damaged'), { kind: 'damaged' });
    faults.set(segments.conflicts + quarantine.conflicts + ofJournal('conflict'), { kind: 'conflict' });
    deletions.set(status.deletions);
    return 0;
  };
}
