import {
  assignJournalBatch,
  createFacility,
  pendingJournalLines,
  readJournalHead,
  writeJournalLine,
} from '@sandyq/database';
import {
  createS3Store,
  encodeJournalBatch,
  isBefore,
  journalKey,
  maximumPutBytes,
  type ObjectStore,
  StorageError,
  type StoreMaintenance,
} from '@sandyq/storage';
import { s3ForTests, startFaultyProxy } from '@sandyq/storage/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { catchUpJournal } from './catch-up-journal.ts';
import { exportDecision, exportJournal } from './export-journal.ts';
import type { JournalPorts } from './journal-ports.ts';
import { batchesOf, decide, facilitiesOf, JournalKit, journalledCodes } from './testing/journal-kit.ts';
import { verifyJournal } from './verify-journal.ts';

const s3 = await s3ForTests();
const kit = new JournalKit();
afterAll(async () => {
  await kit.close();
  await s3.release();
});

async function newArchive() {
  const store = await kit.newStore();
  return { store, ports: await kit.newDatabase(store) };
}

/** The same ports with a store that does something else for puts. */
function withPut(ports: JournalPorts, putBytes: ObjectStore['putBytes']): JournalPorts {
  const { store } = ports;
  return { ...ports, store: { ...bound(store), putBytes } };
}

function bound(store: ObjectStore): ObjectStore {
  return {
    kind: store.kind,
    putFile: (...call) => store.putFile(...call),
    putBytes: (...call) => store.putBytes(...call),
    stat: (...call) => store.stat(...call),
    read: (...call) => store.read(...call),
    list: (...call) => store.list(...call),
    delete: (...call) => store.delete(...call),
    check: (...call) => store.check(...call),
  };
}

const away = () => new StorageError('unavailable', 'the store is away');

async function expectWhole(ports: JournalPorts, codes: readonly string[]): Promise<void> {
  expect(await journalledCodes(ports.store)).toEqual(codes);
  expect((await verifyJournal(ports)).faults).toEqual([]);
  expect((await pendingJournalLines(ports.database)).count).toBe(0);
}

describe('exportJournal', () => {
  it('writes what was decided, in order, as a chain', async () => {
    const { store, ports } = await newArchive();
    expect(await exportJournal(ports)).toBe(0);
    await decide(ports, 'a');
    await decide(ports, 'b');
    expect(await exportJournal(ports)).toBe(2);
    await decide(ports, 'c');
    expect(await exportJournal(ports)).toBe(1);
    const [first, second] = await batchesOf(store);
    expect(first).toMatchObject({ epoch: 1, position: 1, previous: undefined });
    expect(first?.lines).toMatchObject([
      {
        id: 1,
        kind: 'facility-created',
        decidedBy: 'anna',
        fact: { code: 'a', name: 'Hospital a', patientIssuer: 'a', accessionIssuer: 'a' },
      },
      { id: 2, fact: { code: 'b' } },
    ]);
    expect(second).toMatchObject({ epoch: 1, position: 2, previous: { epoch: 1, position: 1 } });
    await expectWhole(ports, ['a', 'b', 'c']);
  });

  it('by several processes at once loses and repeats nothing', async () => {
    const { store, ports } = await newArchive();
    const others = [1, 2, 3].map(() => kit.portsOf(ports.connectionString, store));
    const codes = Array.from({ length: 24 }, (_, index) => `code-${String(index).padStart(2, '0')}`);
    const working = [ports, ...others];
    await Promise.all(
      working.map(async (one, number) => {
        for (const code of codes.filter((_, index) => index % working.length === number)) {
          await decide(one, code);
          await exportJournal(one);
        }
      }),
    );
    expect((await journalledCodes(store)).sort()).toEqual(codes);
    expect((await verifyJournal(ports)).faults).toEqual([]);
    expect((await readJournalHead(ports.database)).next.epoch).toBe(1);
  });

  it('goes on wherever a process died', async () => {
    const { store, ports } = await newArchive();
    await decide(ports, 'a');
    // Before anything was put.
    const assigned = await assignJournalBatch(ports.database);
    await decide(ports, 'b');
    expect(await assignJournalBatch(ports.database)).toEqual(assigned);
    await exportJournal(ports);
    await expectWhole(ports, ['a', 'b']);
    // After the put, before anybody was told.
    await decide(ports, 'c');
    const batch = await assignJournalBatch(ports.database);
    if (batch === undefined) throw new Error('nothing is pending');
    await store.putBytes(journalKey(batch), encodeJournalBatch(batch));
    await decide(ports, 'd');
    await exportJournal(ports);
    await expectWhole(ports, ['a', 'b', 'c', 'd']);
    expect((await batchesOf(store)).map(({ lines }) => lines.length)).toEqual([1, 1, 1, 1]);
  });

  it('believes its eyes, not a lost answer', async () => {
    const { store, ports } = await newArchive();
    await decide(ports, 'a');
    const deaf = withPut(ports, async (key, bytes) => {
      await store.putBytes(key, bytes);
      throw away();
    });
    expect(await exportJournal(deaf)).toBe(1);
    await expectWhole(ports, ['a']);
    await decide(ports, 'b');
    const broken = withPut(ports, () => Promise.reject(away()));
    await expect(exportJournal(broken)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await pendingJournalLines(ports.database)).count).toBe(1);
    await exportJournal(ports);
    await expectWhole(ports, ['a', 'b']);
  });

  it('tells who decided that the store does not know yet', async () => {
    const { ports } = await newArchive();
    await decide(ports, 'a');
    const broken = withPut(ports, () => Promise.reject(away()));
    await expect(exportDecision(broken)).rejects.toMatchObject({
      name: 'JournalError',
      code: 'not-exported',
    });
    await exportDecision(ports);
    await expectWhole(ports, ['a']);
  });

  it('keeps batches within their bounds', async () => {
    const { store, ports } = await newArchive();
    const name = 'x'.repeat(900_000);
    await ports.database.inTransaction(async (client) => {
      for (let number = 0; number < 2_500; number += 1) {
        await writeJournalLine(client, { kind: 'checkpoint', decidedBy: 'archive', fact: {} });
      }
      for (let number = 0; number < 16; number += 1) {
        const fact = { code: `long-${number}`, name, patientIssuer: 'a', accessionIssuer: 'a' };
        await writeJournalLine(client, { kind: 'facility-created', decidedBy: 'anna', fact });
      }
    });
    expect(await exportJournal(ports)).toBe(2_516);
    const batches = await batchesOf(store);
    expect(batches.slice(0, 2).map(({ lines }) => lines.length)).toEqual([1_000, 1_000]);
    expect(batches.flatMap(({ lines }) => lines.map(({ id }) => id))).toEqual(
      Array.from({ length: 2_516 }, (_, index) => index + 1),
    );
    for await (const { size } of store.list('journal/')) expect(size).toBeLessThanOrEqual(maximumPutBytes);
    expect((await verifyJournal(ports)).faults).toEqual([]);
  });

  it('never meets a line that is too long: that is not decided at all', async () => {
    const { ports } = await newArchive();
    const facility = { code: 'long', name: 'x'.repeat(2 * 1024 * 1024) };
    await expect(
      ports.database.inTransaction((client) => createFacility(client, facility, 'anna')),
    ).rejects.toMatchObject({ code: 'data' });
    expect(await facilitiesOf(ports)).toEqual([]);
    expect((await pendingJournalLines(ports.database)).count).toBe(0);
  });
});

describe('two databases on one store', () => {
  it('give way to each other: one chain, and both know everything', async () => {
    const { store, ports } = await newArchive();
    await decide(ports, 'both');
    await exportJournal(ports);
    const older = await kit.newDatabase(store, ports);
    const newer = kit.portsOf(ports.connectionString, store);
    for (const round of [1, 2, 3]) {
      await decide(newer, `new-${round}`);
      await decide(older, `old-${round}`);
      await Promise.all([exportJournal(newer), exportJournal(older)]);
    }
    const batches = await batchesOf(store);
    expect(batches.every((batch, index) => index === 0 || isBefore(batches[index - 1] ?? batch, batch))).toBe(
      true,
    );
    expect(batches.at(-1)?.epoch).toBeGreaterThan(1);
    const codes = ['both', 'new-1', 'new-2', 'new-3', 'old-1', 'old-2', 'old-3'];
    expect((await journalledCodes(store)).sort()).toEqual(codes);
    for (const one of [newer, older]) {
      await catchUpJournal(one);
      expect(await facilitiesOf(one)).toEqual(codes);
      expect((await verifyJournal(one)).faults).toEqual([]);
    }
  });
});

describe.skipIf(s3.server === undefined)(`exportJournal to S3 ${s3.reason ?? ''}`, () => {
  it('survives lost, broken and refused puts', async () => {
    const { server } = s3;
    if (server === undefined) throw new Error('no S3 server');
    const proxy = await startFaultyProxy(server.endpoint);
    const prefix = `journal-${Date.now()}/`;
    const direct: ObjectStore & StoreMaintenance = createS3Store({ ...server, prefix });
    const store = createS3Store({ ...server, prefix, endpoint: proxy.endpoint });
    try {
      const ports = await kit.newDatabase(store);
      const codes: string[] = [];
      for (const fault of ['break-after', 'break-before', 'answer-after', 'answer'] as const) {
        codes.push(fault);
        await decide(ports, fault);
        const status = 503;
        proxy.setFault(({ method }) => (method === 'PUT' ? { kind: fault, status } : { kind: 'pass' }));
        await exportJournal(ports).catch((error: unknown) =>
          expect(error).toMatchObject({ retryable: true }),
        );
        proxy.setFault(() => ({ kind: 'pass' }));
        await exportJournal(ports);
        await expectWhole({ ...ports, store: direct }, codes);
      }
    } finally {
      for await (const { key } of direct.list('')) await direct.delete(key);
      await proxy.close();
    }
  });
});
