import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom, testSeed } from '../../../test/support/seeded-random.ts';
import {
  type Change,
  type Cursor,
  formatCursor,
  parseCursor,
  publishChanges,
  readChanges,
} from './change-feed.ts';
import { type Database, openDatabase } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;
/** As the connections of other processes: of writers, of a second index process. */
let writers: Database;
let otherPublisher: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  writers = openDatabase({ connectionString: test.connectionString, maxConnections: 32 });
  otherPublisher = openDatabase({ connectionString: test.connectionString, maxConnections: 2 });
});

afterAll(async () => {
  await writers.close();
  await otherPublisher.close();
  await test.drop();
});

class RolledBack extends Error {}

/** A transaction that announces changes, waits, and commits or not. */
async function write(
  uids: readonly string[],
  options: { waitMs: number; isCommitted: boolean },
): Promise<void> {
  const work = writers.inTransaction(async (client) => {
    for (const uid of uids) {
      await client.query({
        text: `insert into change_outbox (kind, study_instance_uid, sop_instance_uids, occurred_at)
          values ('stored', $1, array[$1], now())`,
        values: [uid],
      });
      await sleep(options.waitMs);
    }
    if (!options.isCommitted) throw new RolledBack();
  });
  await work.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
}

/** Reads from the cursor on until nothing more comes and `isOver` says that nothing more will. */
async function follow(isOver: () => boolean): Promise<Change[]> {
  const seen: Change[] = [];
  let after: Cursor = { epoch: 0, position: 0 };
  for (;;) {
    const over = isOver();
    const changes = await readChanges(database, after, 7);
    seen.push(...changes);
    after = parseCursor(formatCursor(changes.at(-1) ?? after)) ?? after;
    if (changes.length === 0 && over) return seen;
    if (changes.length === 0) await sleep(2);
  }
}

async function publishUntil(on: Database, isOver: () => boolean): Promise<void> {
  for (;;) {
    const over = isOver();
    const moved = await publishChanges(on);
    if (moved === 0 && over) return;
    if (moved === 0) await sleep(1);
  }
}

describe('the change feed', () => {
  it('shows a polling reader every commit of 32 writers exactly once, with two publishers at work', async () => {
    const seed = testSeed();
    const random = new SeededRandom(seed);
    const committed: string[] = [];
    const runs = Array.from({ length: 32 }, (_, writer) =>
      Array.from({ length: 12 }, (_, round) => {
        const uids = Array.from(
          { length: random.integer(1, 4) },
          (_, index) => `1.${writer}.${round}.${index}`,
        );
        const isCommitted = random.next() > 0.2;
        if (isCommitted) committed.push(...uids);
        return { uids, isCommitted, waitMs: random.integer(0, 15) };
      }),
    );
    let haveWritten = false;
    let havePublished = false;
    const reading = follow(() => havePublished);
    const publishing = [database, otherPublisher].map((on) => publishUntil(on, () => haveWritten));
    await Promise.all(
      runs.map(async (rounds) => {
        for (const { uids, ...options } of rounds) await write(uids, options);
      }),
    );
    haveWritten = true;
    await Promise.all(publishing);
    havePublished = true;
    const seen = await reading;
    expect(seen.map((change) => change.studyInstanceUid ?? '').sort(), `seed ${seed}`).toEqual(
      committed.sort(),
    );
    expect(seen.map((change) => change.position)).toEqual(seen.map((_, index) => index + 1));
    expect(new Set(seen.map((change) => change.epoch))).toEqual(new Set([1]));
  });

  it('goes on behind a cursor of an older epoch with what is left of it, then with the next one', async () => {
    const before = await readChanges(database, { epoch: 1, position: 0 }, 1_000);
    await database.query({ text: 'insert into change_epoch (epoch) values (2)' });
    await write(['2.1', '2.2'], { waitMs: 0, isCommitted: true });
    expect(await publishChanges(database)).toBe(2);
    const after = await readChanges(database, { epoch: 1, position: before.length - 1 }, 10);
    expect(after.map(formatCursor)).toEqual([`1:${before.length}`, '2:1', '2:2']);
  });

  it('has nothing to publish twice', async () => {
    expect(await publishChanges(database)).toBe(0);
  });

  it('takes cursors of its own form only', () => {
    expect(parseCursor('3:17')).toEqual({ epoch: 3, position: 17 });
    for (const text of ['', '3', '3:', ':3', '3:-1', '3:1.5', 'a:b', '3:17 ', `1:${'9'.repeat(16)}`]) {
      expect([text, parseCursor(text)]).toEqual([text, undefined]);
    }
  });
});
