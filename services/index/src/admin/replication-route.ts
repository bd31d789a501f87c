/** `GET /admin/replication`: what waits to be copied to the replica, whether it can be reached or not. */
import { type GuardedRoute, jsonAnswer } from '@sandyq/http';
import { type ReplicationStatus, replicationStatus } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { isStorageError } from '@sandyq/storage';
import { replicaTarget } from '../replicate-objects.ts';
import { adminRoute } from './refusal.ts';

/** Who asks whether the replica answers does not wait for it any longer. */
const REACHABLE_MS = 2_000;

/** Counts and times; no patient data. */
export interface DescribedReplication extends Omit<ReplicationStatus, 'since' | 'target'> {
  /** Where copies go; absent: no replica is configured. */
  readonly target?: string;
  /** Whether it answers now; absent: no replica is configured. */
  readonly isReachable?: boolean;
  /** Since when copies go there; absent: none was begun. */
  readonly since?: string;
}

/** As the admin API and the command line show it. */
export async function describeReplication(
  archive: Pick<Archive, 'database' | 'store' | 'replica' | 'settings'>,
  signal?: AbortSignal,
): Promise<DescribedReplication> {
  const { database, store, replica } = archive;
  const configured = replicaTarget(archive.settings);
  const { target, since, ...waiting } = await replicationStatus({ database, store, now: () => new Date() });
  if (replica === undefined || configured === undefined) return waiting;
  return {
    target: configured,
    isReachable: await isReachable(replica, signal),
    ...(target === configured && since !== undefined && { since: since.toISOString() }),
    ...waiting,
  };
}

async function isReachable(
  replica: NonNullable<Archive['replica']>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const limit = AbortSignal.timeout(REACHABLE_MS);
    await replica.check(signal === undefined ? limit : AbortSignal.any([signal, limit]));
    return true;
  } catch (error) {
    if (isStorageError(error)) return false;
    throw error;
  }
}

export function replicationRoute(archive: Archive): GuardedRoute {
  return adminRoute({
    method: 'GET',
    path: '/admin/replication',
    action: 'administer',
    patientData: false,
    handler: async ({ signal }) => jsonAnswer(200, await describeReplication(archive, signal)),
  });
}
