/** What retrieval works with; made once by whoever starts the service. */
import type { Database } from '@sandyq/database';
import type { CodecPool } from '@sandyq/pixel-data';
import type { ObjectStore, RangeReads } from '@sandyq/storage';
import type { Counter } from '@sandyq/telemetry';
import type { AnswerBuffers } from './answer-buffers.ts';
import type { LocationCache } from './location-cache.ts';
import type { Caches } from './open-caches.ts';
import type { Rendering } from './rendered/open-rendering.ts';
import type { KeptSeries } from './series-metadata/kept-series.ts';
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
  /** For answers. Without them the store itself is read: whoever verifies what is there. */
  readonly ranges?: RangeReads;
  readonly damagedReads: Counter<{ kind: typeof DAMAGES }>;
}

/** What retrieval works with. */
export interface RetrievalDependencies extends StoredBytes {
  readonly locations: LocationCache;
  /** What is sent as it is stored is read into them. */
  readonly buffers: AnswerBuffers;
  /** Metadata of whole series as they are sent. */
  readonly keptSeries: KeptSeries;
  /** The codecs of this process. */
  readonly codecs: CodecPool;
  /** What frames on their way through the codecs may take of this process's memory. */
  readonly frameMemory: FrameMemory;
  /** Instances whose pixels could not be converted. */
  readonly knownFaults: KnownFaults;
  /** What was read and made lately. */
  readonly caches: Caches;
  /** What bounds rendering. */
  readonly rendering: Rendering;
}
