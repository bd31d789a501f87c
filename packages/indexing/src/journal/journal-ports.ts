/** What the journal works with. Types only. */
import type { Database } from '@sandyq/database';
import type { ObjectStore, StoreMaintenance } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

export interface JournalPorts {
  readonly database: Database;
  readonly store: ObjectStore;
  /** The store without retries and limits, to make durable what another process put. */
  readonly maintenance: Pick<StoreMaintenance, 'settle'>;
  readonly logger: Logger;
}
