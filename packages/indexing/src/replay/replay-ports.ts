/** What the replay of stored segments works on and with. Types only. */
import type { ObjectStore, StoreMaintenance } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import type { IndexingPorts } from '../stored-segment.ts';

export interface ReplayPorts extends IndexingPorts {
  /** The store without retries and limits. */
  readonly maintenance: ObjectStore & StoreMaintenance;
  readonly logger: Logger;
}
