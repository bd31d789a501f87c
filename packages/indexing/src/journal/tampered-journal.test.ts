/** A journal in the store that is not as it was written: told, refused, and never the source of wrong decisions. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { readIndexState } from '@sandyq/database';
import { encodeJournalBatch, journalKey } from '@sandyq/storage';
import { afterAll, describe, expect, it } from 'vitest';
import { catchUpJournal } from './catch-up-journal.ts';
import { exportJournal } from './export-journal.ts';
import {
  batchesOf,
  decide,
  facilitiesOf,
  JournalKit,
  journalledCodes,
  type KitDatabase,
} from './testing/journal-kit.ts';
import { verifyJournal } from './verify-journal.ts';

const kit = new JournalKit();
afterAll(() => kit.close());

/** Decides with the journal written. */
async function decided(ports: KitDatabase, ...codes: string[]): Promise<void> {
  for (const code of codes) {
    await decide(ports, code);
    await exportJournal(ports);
  }
}

describe('a journal that was tampered with', () => {
  let ports: KitDatabase;
  let root: string;
  const keyOf = (position: number) => journalKey({ epoch: 1, position });
  const pathOf = (position: number) => join(root, keyOf(position));

  async function newJournal(): Promise<KitDatabase> {
    const tampered = await kit.newStore();
    ({ root } = tampered);
    ports = await kit.newDatabase(tampered);
    await decided(ports, 'a', 'b', 'c', 'd');
    expect((await verifyJournal(ports)).faults).toEqual([]);
    return kit.newDatabase(tampered);
  }

  async function expectRefused(empty: KitDatabase, position: number): Promise<void> {
    await expect(catchUpJournal(empty)).rejects.toMatchObject({ name: 'JournalError', code: 'damaged' });
    const { faults } = await verifyJournal(ports);
    expect(faults.map(({ key }) => key)).toContain(keyOf(position));
    // No verdicts without what it said.
    expect(await readIndexState(empty.database)).toMatchObject({ isCaughtUp: false, reason: 'restored' });
  }

  it('is refused where a batch is missing, unless a person goes on without it', async () => {
    const empty = await newJournal();
    await rename(pathOf(2), join(root, 'taken'));
    await expectRefused(empty, 3);
    expect(await facilitiesOf(empty)).toEqual(['a']);
    expect(await catchUpJournal(empty, { acceptsGaps: true })).toMatchObject({
      gaps: [{ key: keyOf(3), fault: `${keyOf(2)} is missing` }],
    });
    expect(await facilitiesOf(empty)).toEqual(['a', 'c', 'd']);
    await decided(empty, 'e');
    expect((await journalledCodes(ports.store)).at(-1)).toBe('e');
  });

  it('is refused where bytes were changed', async () => {
    const empty = await newJournal();
    const [, second] = await batchesOf(ports.store);
    const [line] = second?.lines ?? [];
    if (second === undefined || line?.kind !== 'facility-created') throw new Error('no facility');
    await ports.store.delete(keyOf(2));
    const forged = { ...line, fact: { ...line.fact, name: 'Another hospital' } };
    await ports.store.putBytes(keyOf(2), encodeJournalBatch({ ...second, lines: [forged] }));
    await expectRefused(empty, 3);
  });

  it('is refused where batches were exchanged', async () => {
    const empty = await newJournal();
    await rename(pathOf(2), join(root, 'taken'));
    await rename(pathOf(3), pathOf(2));
    await rename(join(root, 'taken'), pathOf(3));
    await expectRefused(empty, 2);
    expect(await facilitiesOf(empty)).toEqual(['a']);
  });

  it('is refused where a foreign object lies in it', async () => {
    const empty = await newJournal();
    await ports.store.putBytes('journal/readme', Buffer.from('hello'));
    await expect(catchUpJournal(empty)).rejects.toMatchObject({ code: 'damaged' });
    expect((await verifyJournal(ports)).faults).toMatchObject([{ key: 'journal/readme' }]);
  });

  it('that ends earlier than the database knows is told, and written again in a new epoch', async () => {
    await newJournal();
    await ports.store.delete(keyOf(3));
    await ports.store.delete(keyOf(4));
    expect((await verifyJournal(ports)).faults).toMatchObject([{ key: keyOf(4) }]);
    await decided(ports, 'e');
    expect((await verifyJournal(ports)).faults).toEqual([]);
    expect((await journalledCodes(ports.store)).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    const epochs = (await batchesOf(ports.store)).map(({ epoch }) => epoch);
    expect([...new Set(epochs)]).toEqual([1, 2]);
    // It was ahead of the store, and has forgotten nothing.
    expect(await readIndexState(ports.database)).toMatchObject({ isCaughtUp: true });
  });
});
