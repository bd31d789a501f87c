/** Store and database of a process that is killed after so many calls of them: from then on none has any effect. */
import { type Database, DatabaseError, type Queryable } from '@sandyq/database';
import type { ExecutionPorts } from '@sandyq/disposition';
import { type ObjectLocks, type ObjectStore, StorageError } from '@sandyq/storage';

export class Fuse {
  #left: number;
  readonly #onBurnt: (() => void) | undefined;

  /** `calls`: as many go through. With `onBurnt` that is called instead, and the others go through as well. */
  constructor(calls: number, onBurnt?: () => void) {
    this.#left = calls;
    this.#onBurnt = onBurnt;
  }

  get isBurnt(): boolean {
    return this.#left < 0;
  }

  /** True for a call that goes through. */
  take(): boolean {
    this.#left -= 1;
    if (this.#left >= 0) return true;
    this.#onBurnt?.();
    return this.#onBurnt !== undefined;
  }
}

/** Everything else of the ports is left as it is. */
export function fusedPorts(ports: ExecutionPorts, fuse: Fuse): ExecutionPorts {
  const { database, store, maintenance } = ports;
  return {
    ...ports,
    database: fusedDatabase(database, fuse),
    store: fusedStore(store, fuse),
    maintenance: { ...maintenance, settle: (...call) => stored(fuse, () => maintenance.settle(...call)) },
  };
}

function fusedStore(store: ObjectStore, fuse: Fuse): ObjectStore {
  return {
    kind: store.kind,
    putFile: (...call) => stored(fuse, () => store.putFile(...call)),
    putBytes: (...call) => stored(fuse, () => store.putBytes(...call)),
    stat: (...call) => stored(fuse, () => store.stat(...call)),
    read: (...call) => stored(fuse, () => store.read(...call)),
    delete: (...call) => stored(fuse, () => store.delete(...call)),
    check: (...call) => stored(fuse, () => store.check(...call)),
    async *list(...call) {
      for await (const object of store.list(...call)) {
        await stored(fuse, () => Promise.resolve());
        yield object;
      }
    },
  };
}

/** Locks on objects. */
export function fusedLocks(locks: ObjectLocks, fuse: Fuse): ObjectLocks {
  return {
    canLock: (...call) => stored(fuse, () => locks.canLock(...call)),
    readLock: (...call) => stored(fuse, () => locks.readLock(...call)),
    setLegalHold: (...call) => stored(fuse, () => locks.setLegalHold(...call)),
    retainUntil: (...call) => stored(fuse, () => locks.retainUntil(...call)),
  };
}

/** A call may have its effect and lose its answer. */
async function stored<Result>(fuse: Fuse, call: () => Promise<Result>): Promise<Result> {
  if (!fuse.take()) throw killedStore();
  const result = await call();
  if (!fuse.take()) throw killedStore();
  return result;
}

function killedStore(): StorageError {
  return new StorageError('unavailable', 'the process was killed');
}

function fusedDatabase(database: Database, fuse: Fuse): Database {
  const killed = () => new DatabaseError('unavailable', 'the process was killed');
  const fused = (client: Queryable): Queryable => ({
    query: (statement) => (fuse.take() ? client.query(statement) : Promise.reject(killed())),
  });
  return {
    ...fused(database),
    reachable: (timeoutMs) => database.reachable(timeoutMs),
    close: () => database.close(),
    inTransaction: async (work) => {
      if (!fuse.take()) throw killed();
      const result = await database.inTransaction((client) => work(fused(client)));
      if (!fuse.take()) throw killed();
      return result;
    },
  };
}
