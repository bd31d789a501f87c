/** A new database under a new store knows everything; under one that holds something it has forgotten all of it. */
import { type Database, readIndexState, settleNewIndex } from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';

export interface SettleNewIndexPorts {
  readonly database: Database;
  readonly store: ObjectStore;
}

/** Looks into the store if nobody has compared this database with it yet. Throws StorageError and DatabaseError. */
export async function settleNewIndexOnce({ database, store }: SettleNewIndexPorts): Promise<void> {
  const state = await readIndexState(database);
  if (state.isCaughtUp || state.reason !== 'new') return;
  await settleNewIndex(database, await isEmpty(store));
}

async function isEmpty(store: ObjectStore): Promise<boolean> {
  for (const prefix of ['v1/', 'journal/', 'quarantine/']) {
    for await (const _ of store.list(prefix)) return false;
  }
  return true;
}
