/** What ingest works with; made once by whoever starts the service. */
import type { IndexingPorts } from '@sandyq/indexing';
import type { SegmentSpool } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

export interface IngestDependencies extends IndexingPorts {
  readonly spool: SegmentSpool;
  readonly logger: Logger;
  readonly now: () => Date;
  /** UUIDs of version 7. */
  readonly newId: () => string;
  /** Open bytes a device may have in quarantine unless it has a quota of its own. */
  readonly quarantineQuotaBytes: number;
}
