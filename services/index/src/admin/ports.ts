/** What the package of indexing works with, made from what the archive has open. */
import { GroupCommit } from '@sandyq/database';
import { Directory, type QuarantinePorts, type ReconcilePorts } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';

/** For decisions on quarantine. */
export function quarantinePorts({ database, store, maintenance, spool, logger }: Archive): QuarantinePorts {
  return {
    database,
    store,
    maintenance,
    logger,
    spool,
    directory: new Directory(database, () => performance.now()),
    now: () => new Date(),
  };
}

/** For the comparison of store and index. */
export function reconcilePorts(archive: Archive): ReconcilePorts {
  const { database, store, maintenance, logger } = archive;
  return {
    database,
    store,
    maintenance,
    logger,
    groupCommit: new GroupCommit(database),
    directory: new Directory(database, () => performance.now()),
  };
}
