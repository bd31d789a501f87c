/** What moves between the tiers work with. Types only. */
import type { Database } from '@sandyq/database';
import type {
  ArchivedObjects,
  ColdObjects,
  FileSystem,
  ObjectStore,
  SegmentSpool,
  StoreMaintenance,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

/** The cold tier, and the store before it alone. */
export interface OpenColdTier extends ColdObjects {
  readonly hot: ObjectStore & StoreMaintenance;
  /** For copies on their way to it. */
  readonly spool: SegmentSpool;
  /** Where it is a folder: that. */
  readonly folder: string | undefined;
  readonly restore: ArchivedObjects['restore'] | undefined;
}

export interface ColdTierPorts {
  readonly database: Database;
  readonly coldTier: OpenColdTier;
  /** For copies on their way back. */
  readonly spool: SegmentSpool;
  readonly fileSystem: FileSystem;
  readonly settings: {
    readonly spoolFolder: string;
    readonly minFreeDiskBytes: number;
    /** With a replica, what it lacks is not moved. */
    readonly replica?: unknown;
  };
  readonly logger: Logger;
}
