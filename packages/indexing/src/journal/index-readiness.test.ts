import { markIndexBehind } from '@sandyq/database';
import type { ObjectStore, StoreMaintenance } from '@sandyq/storage';
import { afterAll, describe, expect, it } from 'vitest';
import { writeCheckpoint } from './checkpoint.ts';
import { exportJournal } from './export-journal.ts';
import { IndexReadiness } from './index-readiness.ts';
import { decide, JournalKit, type KitDatabase } from './testing/journal-kit.ts';

const kit = new JournalKit();
afterAll(() => kit.close());

const storeOf = ({ store }: KitDatabase) => store as ObjectStore & StoreMaintenance;

describe('the readiness of an index', () => {
  it('is not believed of a restored database, from the first question on', async () => {
    const ports = await kit.newDatabase(await kit.newStore());
    await decide(ports, 'a');
    await exportJournal(ports);
    expect(await new IndexReadiness(ports).state()).toMatchObject({ isCaughtUp: true });
    const older = await kit.newDatabase(storeOf(ports), ports);
    const newer = kit.portsOf(ports.connectionString, storeOf(ports));
    await writeCheckpoint(newer, { ifChanged: false });
    await exportJournal(newer);
    expect(await new IndexReadiness(older).state()).toMatchObject({ isCaughtUp: false, reason: 'restored' });
  });

  it('is asked of the database every two seconds, and of the journal again when the database goes back', async () => {
    const ports = await kit.newDatabase(await kit.newStore());
    let now = 0;
    const readiness = new IndexReadiness(ports, () => now);
    await decide(ports, 'a');
    await exportJournal(ports);
    expect(await readiness.state()).toMatchObject({ isCaughtUp: true });
    const head = await ports.database.query({ text: 'select epoch, position, sha256 from journal_head' });
    await decide(ports, 'b');
    await exportJournal(ports);
    now += 3_000;
    expect(await readiness.state()).toMatchObject({ isCaughtUp: true });
    // The database is put back under the running process.
    const { epoch, position, sha256 } = head.rows[0] ?? {};
    await ports.database.query({
      text: 'update journal_head set epoch = $1, position = $2, sha256 = $3',
      values: [epoch, position, sha256],
    });
    await ports.database.query({ text: 'delete from journal_line where position > $1', values: [position] });
    now += 1_000;
    expect(await readiness.state()).toMatchObject({ isCaughtUp: true });
    now += 3_000;
    expect(await readiness.state()).toMatchObject({ isCaughtUp: false, reason: 'restored' });
  });

  it('is refused while the journal is damaged', async () => {
    const ports = await kit.newDatabase(await kit.newStore());
    await storeOf(ports).putBytes('journal/readme', Buffer.from('no batch'));
    expect(await new IndexReadiness(ports).state()).toMatchObject({ isCaughtUp: false, reason: 'restored' });
    await markIndexBehind(ports.database, 'rebuild');
    expect(await new IndexReadiness(ports).state()).toMatchObject({ isCaughtUp: false, reason: 'rebuild' });
  });
});
