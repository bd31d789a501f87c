import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, journalLines, type TestDatabase } from '../testing/index.ts';
import {
  activeHolds,
  type HoldRecord,
  holdById,
  listHolds,
  mostListedStudies,
  type NewHold,
  placeHold,
  releaseHold,
} from './legal-holds.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

function newHold(given: Partial<NewHold> = {}): NewHold {
  return {
    legalHoldId: randomUUID(),
    reason: 'a complaint',
    authority: 'the court of the city',
    owner: 'legal department',
    reviewOn: '2030-01-31',
    scope: { kind: 'studies', studyInstanceUids: ['2.25.1', '2.25.2'] },
    ...given,
  };
}

function place(hold: NewHold, placedBy = 'alice'): Promise<HoldRecord> {
  return test.database.inTransaction((client) => placeHold(client, hold, placedBy));
}

function release(legalHoldId: string, releasedBy: string): Promise<HoldRecord> {
  return test.database.inTransaction((client) =>
    releaseHold(client, { legalHoldId, reason: 'closed' }, releasedBy),
  );
}

const idsOf = (holds: readonly { readonly legalHoldId: string }[]) =>
  holds.map(({ legalHoldId }) => legalHoldId);

describe('legal holds', () => {
  it('are in force from their placing to their release, each with its line in the journal', async () => {
    const hold = newHold();
    const placed = await place(hold);
    expect(placed).toMatchObject({ ...hold, placedBy: 'alice', releasedAt: undefined });
    expect(idsOf(await activeHolds(test.database))).toContain(hold.legalHoldId);
    const released = await release(hold.legalHoldId, 'bob');
    expect(released).toMatchObject({ releasedBy: 'bob', releaseReason: 'closed' });
    expect(idsOf(await activeHolds(test.database))).not.toContain(hold.legalHoldId);
    const { legalHoldId, reason, authority, owner, reviewOn } = hold;
    expect(await journalLines(test.database, 2)).toMatchObject([
      { kind: 'hold-released', decided_by: 'bob', fact: { legalHoldId, reason: 'closed' } },
      {
        kind: 'hold-placed',
        decided_by: 'alice',
        fact: { legalHoldId, reason, authority, owner, reviewOn, studyInstanceUids: ['2.25.1', '2.25.2'] },
      },
    ]);
  });

  it('keep the condition of a query as it was written, and read it', async () => {
    const condition = 'facility: [north] # the one of the fire\n';
    const { legalHoldId } = await place(newHold({ scope: { kind: 'query', condition } }));
    const read = await holdById(test.database, legalHoldId);
    expect(read.writtenScope).toEqual({ kind: 'query', condition });
    expect(read.scope).toEqual({ kind: 'query', condition: { facility: ['north'] } });
    await release(legalHoldId, 'bob');
  });

  it('are released once, and by another person', async () => {
    const { legalHoldId } = await place(newHold());
    await expect(release(legalHoldId, 'alice')).rejects.toMatchObject({ code: 'conflict' });
    expect((await holdById(test.database, legalHoldId)).releasedAt).toBeUndefined();
    const both = await Promise.allSettled([release(legalHoldId, 'bob'), release(legalHoldId, 'carol')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(release(legalHoldId, 'dave')).rejects.toMatchObject({ code: 'conflict' });
    await expect(release(randomUUID(), 'dave')).rejects.toMatchObject({ code: 'not-found' });
    await expect(holdById(test.database, 'none')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are listed page by page, those to be reviewed apart', async () => {
    const due = await place(newHold({ reviewOn: '2020-01-31' }));
    const later = await place(newHold({ reviewOn: '2020-02-01' }));
    const over = await place(newHold({ reviewOn: '2020-01-01' }));
    await release(over.legalHoldId, 'bob');
    expect(idsOf(await listHolds(test.database, { reviewDueOn: '2020-01-31' }, 10))).toEqual([
      due.legalHoldId,
    ]);
    expect(idsOf(await listHolds(test.database, {}, 10))).toEqual([due.legalHoldId, later.legalHoldId]);
    expect(idsOf(await listHolds(test.database, { after: due.legalHoldId }, 1))).toEqual([later.legalHoldId]);
    const all = idsOf(await listHolds(test.database, { includeReleased: true }, 10));
    expect(all.slice(-3)).toEqual([due, later, over].map(({ legalHoldId }) => legalHoldId));
  });

  it('may be as long as they are asked for', async () => {
    const studyInstanceUids = Array.from(
      { length: mostListedStudies },
      (_, index) => `2.25.${String(index).padStart(59, '1')}`,
    );
    const condition = `facility: [north] # ${'한'.repeat(99_980)}`;
    const texts = { reason: `two\nlines ${'ө'.repeat(1_990)}`, authority: 'a'.repeat(256) };
    for (const scope of [
      { kind: 'studies', studyInstanceUids },
      { kind: 'query', condition },
    ] as const) {
      const { legalHoldId } = await place(newHold({ ...texts, scope }));
      expect((await holdById(test.database, legalHoldId)).writtenScope).toEqual(scope);
      await release(legalHoldId, 'bob');
    }
  });

  it('wait for the decisions that do not see them', async () => {
    const hold = newHold();
    const order: string[] = [];
    let placing: Promise<unknown> = Promise.resolve();
    await test.database.inTransaction(async (client) => {
      expect(idsOf(await activeHolds(client))).not.toContain(hold.legalHoldId);
      placing = place(hold).then(() => order.push('placed'));
      // Long enough to be placed, if it did not wait.
      await sleep(300);
      expect(idsOf(await activeHolds(client))).not.toContain(hold.legalHoldId);
      order.push('decided');
    });
    await placing;
    expect(order).toEqual(['decided', 'placed']);
    await test.database.inTransaction(async (client) => {
      expect(idsOf(await activeHolds(client))).toContain(hold.legalHoldId);
    });
  });
});
