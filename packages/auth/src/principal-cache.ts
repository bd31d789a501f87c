/** A short memory for API keys: a scanner sends hundreds of requests a study, all with one key. */
import type { ApiKeyRecord, PrincipalSource } from './authenticate.ts';

/** Bounds of the cache. */
export interface PrincipalCacheOptions {
  /** How long a found key is trusted without asking again: a revoked key works at most this much longer. Milliseconds. */
  readonly maxAgeMs: number;
  /** Keys kept; the oldest leaves first. */
  readonly capacity: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

interface Kept {
  readonly record: Promise<ApiKeyRecord | undefined>;
  readonly since: number;
}

/**
 * Wraps a source. Lookups of one key at the same time are one lookup. What was not found or failed is not kept: a new key works at once.
 */
export function cachePrincipals(
  source: PrincipalSource,
  { maxAgeMs, capacity, now }: PrincipalCacheOptions,
): PrincipalSource {
  const kept = new Map<string, Kept>();

  async function look(id: string): Promise<ApiKeyRecord | undefined> {
    const entry: Kept = { record: source.findApiKey(id), since: now() };
    kept.delete(id);
    kept.set(id, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= capacity) break;
      kept.delete(oldest);
    }
    let found: ApiKeyRecord | undefined;
    try {
      found = await entry.record;
      return found;
    } finally {
      if (found === undefined && kept.get(id) === entry) kept.delete(id);
    }
  }

  return {
    findApiKey(id) {
      const entry = kept.get(id);
      return entry !== undefined && now() - entry.since < maxAgeMs ? entry.record : look(id);
    },
  };
}
