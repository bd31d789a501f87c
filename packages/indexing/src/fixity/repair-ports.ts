/** What repairing works with, and what comes of it. */
import type { Database } from '@sandyq/database';
import type { FileSystem, ObjectStore, SegmentSpool, StoreMaintenance } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

export interface RepairPorts {
  readonly database: Database;
  readonly store: ObjectStore;
  /** The second store, if one is configured. */
  readonly replica: (ObjectStore & StoreMaintenance) | undefined;
  readonly spool: SegmentSpool;
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Stands in the record for who had it repaired. */
  readonly decidedBy: string;
}

/** `remark`: how, or why not, in words. */
export interface Repair {
  readonly isRepaired: boolean;
  readonly remark: string;
}

export function repaired(remark: string): Repair {
  return { isRepaired: true, remark };
}

export function notRepairable(remark: string): Repair {
  return { isRepaired: false, remark };
}
