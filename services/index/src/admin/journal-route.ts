/** `GET /admin/journal`: how far the journal is in the store, and whether the index knows all that the store holds. */
import {
  type Database,
  type IndexState,
  pendingJournalLines,
  readIndexState,
  readJournalHead,
} from '@sandyq/database';
import { type GuardedRoute, jsonAnswer } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { journalKey } from '@sandyq/storage';
import { adminRoute } from './refusal.ts';

/** What administrators see. */
export interface DescribedJournal {
  /** Key of the last batch that is known to be durable; absent: there is none. */
  readonly lastBatch: string | undefined;
  readonly epoch: number;
  readonly position: number;
  readonly pendingLines: number;
  readonly oldestPendingAt: Date | undefined;
  readonly index: {
    readonly state: 'caught-up' | 'behind';
    readonly reason: string | undefined;
    readonly since: Date;
  };
}

export async function describeJournal(database: Database): Promise<DescribedJournal> {
  const { last } = await readJournalHead(database);
  const pending = await pendingJournalLines(database);
  return {
    lastBatch: last && journalKey(last),
    epoch: last?.epoch ?? 1,
    position: last?.position ?? 0,
    pendingLines: pending.count,
    oldestPendingAt: pending.oldestAt,
    index: describeIndex(await readIndexState(database)),
  };
}

function describeIndex(state: IndexState): DescribedJournal['index'] {
  return state.isCaughtUp
    ? { state: 'caught-up', reason: undefined, since: state.since }
    : { state: 'behind', reason: state.reason, since: state.since };
}

export function journalRoute({ database }: Pick<Archive, 'database'>): GuardedRoute {
  return adminRoute({
    method: 'GET',
    path: '/admin/journal',
    action: 'administer',
    patientData: false,
    handler: async () => jsonAnswer(200, await describeJournal(database)),
  });
}
