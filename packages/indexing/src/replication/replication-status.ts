/** What waits to be copied to the replica, for administrators and metrics. */
import {
  type Backlog,
  countReplicaDeletions,
  type Database,
  readReplica,
  replicationBacklog,
} from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';
import { type JournalBacklog, journalBacklog } from './replicate-journal.ts';

export interface ReplicationStatus {
  /** Where copies go; undefined: no replica is configured, and none ever was. */
  readonly target: string | undefined;
  readonly since: Date | undefined;
  readonly segments: Backlog;
  readonly quarantine: Backlog;
  readonly journal: JournalBacklog;
  /** Objects that are gone from the store and not yet from the replica. */
  readonly deletions: number;
}

/** Counts everything, whether the replica can be reached or not. Throws DatabaseError, StorageError. */
export async function replicationStatus(ports: {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly now: () => Date;
}): Promise<ReplicationStatus> {
  const { database, now } = ports;
  const replica = await readReplica(database);
  return {
    target: replica?.target,
    since: replica?.since,
    segments: await replicationBacklog(database, 'segment'),
    quarantine: await replicationBacklog(database, 'quarantine'),
    journal: await journalBacklog(ports, now()),
    deletions: await countReplicaDeletions(database),
  };
}
