/** What compaction works with. Types only. */
import type { InstallPorts } from '../rewrite/install-rewrite.ts';

export interface CompactionPorts extends InstallPorts {
  readonly now: () => Date;
}
