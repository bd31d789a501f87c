/** What retrieval works with; made once by whoever starts the service. */
import type { Database } from '@sandyq/database';
import type { CodecPool } from '@sandyq/pixel-data';
import type { ObjectStore } from '@sandyq/storage';
import type { Counter } from '@sandyq/telemetry';
import type { Rendering } from './rendered/open-rendering.ts';
import type { FrameMemory } from './transcoding/frame-memory.ts';
import type { KnownFaults } from './transcoding/known-faults.ts';

/** Kinds of stored bytes that could not be served: each is an event in the log and counted. */
export const DAMAGES = ['damaged', 'short-read', 'missing'] as const;
/** One of {@link DAMAGES}. */
export type Damage = (typeof DAMAGES)[number];

/** What reading stored bytes needs. */
export interface StoredBytes {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly damagedReads: Counter<{ kind: typeof DAMAGES }>;
}

/** What retrieval works with. */
export interface RetrievalDependencies extends StoredBytes {
  /** The codecs of this process. */
  readonly codecs: CodecPool;
  /** What frames on their way through the codecs may take of this process's memory. */
  readonly frameMemory: FrameMemory;
  /** Instances whose pixels could not be converted. */
  readonly knownFaults: KnownFaults;
  /** What rendering keeps and what bounds it. */
  readonly rendering: Rendering;
}
