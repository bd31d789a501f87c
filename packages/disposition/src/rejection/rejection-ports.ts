/** What rejecting and restoring work with. Types only. */
import type { JournalPorts, settleFounders } from '@sandyq/indexing';

export interface RejectionPorts
  extends JournalPorts,
    Pick<Parameters<typeof settleFounders>[0], 'directory'> {
  readonly now: () => Date;
  /** UUIDs of version 7. */
  readonly newId: () => string;
  /** Days for which what is rejected can be restored for certain. */
  readonly graceDays: number;
}
