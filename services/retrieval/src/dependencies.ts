/** What retrieval works with; made once by whoever starts the service. */
import type { Database } from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';
import type { Counter } from '@sandyq/telemetry';

/** Kinds of stored bytes that could not be served: each is an event in the log and counted. */
export const DAMAGES = ['damaged', 'short-read', 'missing'] as const;
/** One of {@link DAMAGES}. */
export type Damage = (typeof DAMAGES)[number];

/** What retrieval works with. */
export interface RetrievalDependencies {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly damagedReads: Counter<{ kind: typeof DAMAGES }>;
}
