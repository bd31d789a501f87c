/** The background task that has the stores keep what holds and schedules want kept (docs/decisions/0037). */
import { enterLockingPlaces, lockingPlaces } from '@sandyq/database';
import { lockObjects, type PlacesWithLocks } from '@sandyq/disposition';
import type { Archive, PlaceWithLocks } from '@sandyq/service';
import { isStorageError } from '@sandyq/storage';

type Ports = Pick<Archive, 'database' | 'locks' | 'logger'>;

/** How long an answer counts that a bucket does not lock objects, and none; milliseconds. */
const ASKED_AGAIN_MS = 3_600_000;
const AWAY_ASKED_AGAIN_MS = 60_000;

/** One round at each call, and how much it did. Stores that do not lock objects are left alone. */
export function createObjectLocking(archive: Ports): (signal: AbortSignal) => Promise<number> {
  const { database, logger } = archive;
  const places = new LockingPlaces(archive);
  return async (signal) => {
    const locks = await places.find(signal);
    if (Object.keys(locks).length === 0) return 0;
    return lockObjects({ database, locks, logger, now: () => new Date() }, signal);
  };
}

/** Of a bucket; `away`: it does not answer. */
type Answer = 'locks' | 'does-not' | 'away';

/** Which of the stores lock objects. Each says once whether it does, and is asked again now and then if it does not. */
class LockingPlaces {
  readonly #ports: Ports;
  readonly #answers = new Map<PlaceWithLocks, { readonly answer: Answer; readonly at: number }>();
  #found: PlacesWithLocks | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  async find(signal: AbortSignal): Promise<PlacesWithLocks> {
    const asked = this.#ports.locks.filter((place) => this.#isToBeAsked(place));
    if (this.#found !== undefined && asked.length === 0) return this.#found;
    for (const place of asked) await this.#ask(place, signal);
    return this.#enter();
  }

  #isToBeAsked(place: PlaceWithLocks): boolean {
    const last = this.#answers.get(place);
    if (last === undefined) return true;
    const age = performance.now() - last.at;
    return last.answer !== 'locks' && age >= (last.answer === 'away' ? AWAY_ASKED_AGAIN_MS : ASKED_AGAIN_MS);
  }

  async #ask(place: PlaceWithLocks, signal: AbortSignal): Promise<void> {
    const answer = await this.#answerOf(place, signal);
    const before = this.#answers.get(place)?.answer;
    this.#answers.set(place, { answer, at: performance.now() });
    if (answer === before) return;
    const event = {
      locks: 'objects-are-locked',
      'does-not': 'objects-not-locked',
      away: 'object-locks-away',
    };
    this.#ports.logger.info(event[answer], { store: place.place });
  }

  /** A key that may not even ask is one of a bucket that was not made for it. */
  async #answerOf({ place, locks }: PlaceWithLocks, signal: AbortSignal): Promise<Answer> {
    try {
      return (await locks.canLock(signal)) ? 'locks' : 'does-not';
    } catch (error) {
      if (!isStorageError(error) || signal.aborted) throw error;
      if (!error.retryable) this.#ports.logger.warn('object-lock-not-known', { store: place, error });
      return error.retryable ? 'away' : 'does-not';
    }
  }

  /** One that is away is what it was: its objects wait for it. */
  async #enter(): Promise<PlacesWithLocks> {
    const { database, locks } = this.#ports;
    const known = await lockingPlaces(database);
    const found = locks.filter((place) => {
      const answer = this.#answers.get(place)?.answer;
      if (answer !== 'away') return answer === 'locks';
      return known.some((before) => before.place === place.place && before.target === place.target);
    });
    await enterLockingPlaces(
      database,
      found.map(({ place, target }) => ({ place, target })),
    );
    this.#found = Object.fromEntries(found.map(({ place, locks: ofPlace }) => [place, ofPlace]));
    return this.#found;
  }
}
