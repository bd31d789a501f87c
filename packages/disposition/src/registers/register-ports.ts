/** What writing to registers works with. */
import type { JournalPorts } from '@sandyq/indexing';

export interface RegisterPorts extends JournalPorts {
  readonly now: () => Date;
  /** UUIDs. */
  readonly newId: () => string;
}
