/** What the execution of plans works with. Types only. */
import type { InstallPorts, JournalPorts } from '@sandyq/indexing';
import type { ObjectStore } from '@sandyq/storage';
import type { OpenColdTier } from '../cold-tier/cold-ports.ts';
import type { StudyMove } from '../cold-tier/move-study.ts';

export interface PurgePorts extends JournalPorts, InstallPorts {
  /** The second store, if there is one: nothing is gone before it is gone there. */
  readonly replica: ObjectStore | undefined;
  /** What `store` joins, if there is a cold tier: it may keep an object locked. */
  readonly coldTier: Pick<OpenColdTier, 'store'> | undefined;
  readonly now: () => Date;
}

export interface ExecutionPorts extends PurgePorts {
  /** UUIDs of version 7. */
  readonly newId: () => string;
  /** Days for which what is rejected by a plan can be restored. */
  readonly graceDays: number;
  /** Undefined: no cold tier is configured. */
  readonly moveToColdTier:
    | ((studyInstanceUid: string, signal?: AbortSignal) => Promise<StudyMove>)
    | undefined;
}
