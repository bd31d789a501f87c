/**
 * Searches that name no key take PostgreSQL as long as they are broad. They never have all of its connections, so that scanners and
 * whoever asks by key go on; nobody's have all places, and the next is that of whoever has the fewest; and they end when their client
 * leaves.
 */
import type { WhenRoom } from '@sandyq/database';
import { Places, type RequestContext } from '@sandyq/http';

/** What they have of the connections of a process, but one at least. */
const SHARE = 2 / 3;
const LONGEST_WAIT_MS = 10_000;
const MOST_WAITING = 1_000;

/** Places for them in a process that has so many connections to PostgreSQL. */
export function broadSearches(maxConnections: number): Places {
  const places = Math.max(1, Math.floor(maxConnections * SHARE));
  return new Places({
    places,
    mostOfOne: Math.max(1, places - 1),
    maxWaitMs: LONGEST_WAIT_MS,
    maxWaiting: MOST_WAITING,
    refusal:
      'The archive is busy with broad searches. Try again soon, or add a matching key, e.g. AccessionNumber.',
    monotonicMs: () => performance.now(),
  });
}

/** Those of a request. */
export function whenRoom(places: Places, context: RequestContext): WhenRoom {
  return async (ask) => {
    const { principal, signal } = context;
    const leave = await places.enter({ sender: principal.id, take: () => true, signal });
    try {
      return await ask(signal);
    } finally {
      leave();
    }
  };
}
