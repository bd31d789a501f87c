/** What the package of indexing works with, made from what the archive has open. */
import { GroupCommit } from '@sandyq/database';
import { assertNotHeld } from '@sandyq/disposition';
import {
  Directory,
  type DiscardPorts,
  PixelValueComparison,
  type QuarantinePorts,
  type ReconcilePorts,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';

/**
 * Compares pixel values where nobody waits for an answer; one thread, which starts with the first comparison and keeps no
 * process alive. Services close it; command lines end.
 */
export function patientComparison(): PixelValueComparison {
  return new PixelValueComparison({ threads: 1, isLast: true });
}

/** For decisions on quarantine. */
export function quarantinePorts(
  { database, store, maintenance, spool, logger }: Archive,
  pixels: PixelValueComparison = patientComparison(),
): QuarantinePorts {
  return {
    database,
    store,
    maintenance,
    logger,
    spool,
    directory: new Directory(database, () => performance.now()),
    now: () => new Date(),
    pixels,
  };
}

/** For giving up what is in quarantine. */
export function discardPorts({ database, store, maintenance, logger }: DiscardArchive): DiscardPorts {
  return {
    database,
    store,
    maintenance,
    logger,
    assertNotHeld: (client, { quarantineId, studyInstanceUid, facilityCode }) => {
      const what = `Quarantine entry ${quarantineId}`;
      return assertNotHeld(client, { what, studyInstanceUid, facilityCode }, new Date());
    },
  };
}

type DiscardArchive = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger'>;

/** For the comparison of store and index. */
export function reconcilePorts(
  archive: Archive,
  pixels: PixelValueComparison = patientComparison(),
): ReconcilePorts {
  const { database, store, maintenance, logger } = archive;
  return {
    database,
    store,
    maintenance,
    logger,
    pixels,
    groupCommit: new GroupCommit(database),
    directory: new Directory(database, () => performance.now()),
  };
}
