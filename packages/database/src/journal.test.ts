import { createHash } from 'node:crypto';
import type { JournalFact } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { readEntryFacts, supersededInJournal, writeJournalLine, writeJournalLineOnce } from './journal.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
});
afterAll(() => test.drop());

const [first, second, third] = [
  '018f0000-0000-7000-8000-000000000001',
  '018f0000-0000-7000-8000-000000000002',
  '018f0000-0000-7000-8000-000000000003',
] as const;
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

const write = (line: JournalFact) =>
  database.inTransaction((client) => writeJournalLine(client, { ...line, decidedBy: 'anna' }));

function entry(segmentId: string, bytes: string) {
  return {
    quarantineId: 1,
    sha256: digest(bytes),
    reason: 'processing-failure',
    message: 'a value',
    facility: 'hospital',
    principal: 'scanner',
    objectKey: 'v1/00/a.tar',
    entryOffset: 512,
    entryLength: 10,
    segmentId,
    receivedAt: '2026-03-01T08:00:00.000Z',
  };
}

describe('facts about entries', () => {
  it('are read for the segments they are about, in the order of the deciding, wherever bytes were taken to', async () => {
    await write({ kind: 'quarantined', fact: entry(first, 'a') });
    await write({ kind: 'quarantined', fact: entry(third, 'c') });
    const place = { segmentId: second, objectKey: 'v1/00/b.tar', entryOffset: 512, entryLength: 10 };
    await write({ kind: 'quarantine-accepted', fact: { ...entry(first, 'a'), place } });
    const told = (facts: Awaited<ReturnType<typeof readEntryFacts>>) =>
      facts.map(({ line, segmentId, sha256 }) => [line.kind, segmentId, sha256]);
    expect(told(await readEntryFacts(database, [first, second]))).toEqual([
      ['quarantined', first, digest('a')],
      ['quarantine-accepted', second, digest('a')],
      ['quarantine-accepted', first, digest('a')],
    ]);
    expect(told(await readEntryFacts(database, [third]))).toEqual([['quarantined', third, digest('c')]]);
    expect(await readEntryFacts(database, [])).toEqual([]);
  });

  it('that bytes are equal are over once their holder was replaced', async () => {
    const said = { sopInstanceUid: '1.2', sha256: digest('x'), segmentId: third, sameEncoding: true };
    const once = (holder: string) =>
      database.inTransaction((client) =>
        writeJournalLineOnce(client, {
          kind: 'instance-equal',
          decidedBy: 'archive',
          fact: { ...said, holderSha256: digest(holder) },
        }),
      );
    await once('holder');
    await once('holder');
    const isOver = async () =>
      (await readEntryFacts(database, [third]))
        .filter(({ line }) => line.kind === 'instance-equal')
        .map((fact) => fact.isOver);
    expect(await isOver()).toEqual([false]);
    const replaced = {
      ...entry(first, 'holder'),
      studyInstanceUid: '1',
      seriesInstanceUid: '1.1',
      byQuarantineId: 2,
    };
    const { objectKey, entryOffset, entryLength, ...fact } = { ...replaced, sopInstanceUid: '1.2' };
    await write({ kind: 'instance-replaced', fact });
    expect([await isOver(), objectKey, entryOffset, entryLength]).toEqual([[true], 'v1/00/a.tar', 512, 10]);
  });

  it('tell which segments are superseded, and since when', async () => {
    await write({ kind: 'segment-superseded', fact: { segmentId: second, objectKey: 'v1/00/b.tar' } });
    expect(await supersededInJournal(database, [first, second])).toEqual(
      new Map([[second, expect.any(Date)]]),
    );
  });
});
