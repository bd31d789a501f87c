/**
 * Damage of every kind at random places of the store: `npm run fixity` finds all of it, names it, and repairs all of it
 * from the replica, on both stores; afterwards everything is served as it was sent, and the replica is whole, too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FixityFinding } from '@sandyq/indexing';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alter, bytesOf, flip, sha256 } from '../support/altered-objects.ts';
import type { MadeInstance } from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { FixityArchive, type PrintedReport } from './fixity-archive.ts';

const seed = testSeed();
const s3 = await s3ForTests();
afterAll(() => s3.release());

type Segment = Awaited<ReturnType<FixityArchive['receiptOf']>>;

/** Where in a segment a bit is flipped, by the part that the report is to name. */
type Place = (segment: Segment, random: SeededRandom) => readonly [from: number, to: number];

const entryOf = ({ receipt }: Segment, ordinal: number) => {
  const entry = receipt.entries[ordinal - 1];
  if (entry === undefined) throw new Error(`no entry ${ordinal}`);
  return entry;
};

const FLIPS: readonly (readonly [what: string, part: FixityFinding['faults'][number]['part'], Place])[] = [
  [
    'the header of a data set',
    'entry',
    (segment) => [entryOf(segment, 1).offset, entryOf(segment, 1).offset + 300],
  ],
  [
    'a frame',
    'entry',
    (segment) => {
      const { offset, length } = entryOf(segment, 1);
      return [offset + length - 2_048, offset + length];
    },
  ],
  [
    'a compressed fragment',
    'entry',
    (segment) => {
      const { offset, length } = entryOf(segment, 2);
      return [offset + length - 3_000, offset + length - 600];
    },
  ],
  ['a tar header', 'tar-header', () => [0, 512]],
  [
    'the metadata',
    'metadata',
    ({ receipt }) => [receipt.metadata.offset, receipt.metadata.offset + receipt.metadata.length],
  ],
  [
    'the receipt',
    'receipt',
    (segment) => [segment.receiptOffset, segment.receiptOffset + segment.receiptLength],
  ],
  // What makes the trailer or the end unreadable leaves no receipt to be believed.
  ['the trailer', 'receipt', ({ size }) => [size - 1_536, size - 1_536 + 179]],
  ['the end', 'receipt', ({ size }) => [size - 1_024, size]],
];

const primaries = [
  { name: 'the file system', onS3: false },
  { name: 'S3', onS3: true },
];

describe.skipIf(s3.server === undefined).each(primaries)(
  `a store on $name with a replica ${s3.reason ?? ''} (SANDYQ_TEST_SEED=${seed})`,
  ({ onS3 }) => {
    const random = new SeededRandom(seed);
    let archive: FixityArchive;
    let made: MadeInstance[];
    let refused: MadeInstance[];
    /** Keys that were damaged, with what the report is to say. */
    const injected = new Map<string, { condition: string; part?: string }>();
    /** What certifies every object that is put back under its own key. */
    const digests = new Map<string, string>();

    beforeAll(async () => {
      archive = await FixityArchive.start({ primary: onS3 ? s3.server : undefined, replica: s3.server });
      made = await archive.storeStudies(random, FLIPS.length + 4);
      refused = Array.from({ length: 4 }, (_, index) => made[index * 3 + 2]).filter(
        (one) => one !== undefined,
      );
      await archive.refuse(refused);
      for (const name of ['A', 'B', 'C', 'D']) await archive.addJournalBatch(`ISSUER-${name}`);
      await archive.settled();
    });
    afterAll(() => archive?.stop());

    it('is whole at first', async () => {
      const { code, report } = await archive.report('--replica');
      expect(report.findings).toEqual([]);
      expect({ code, ...report }).toMatchObject({ code: 0, isFinished: true, isWhole: true, damaged: 0 });
      expect(report.read).toMatchObject({ segments: FLIPS.length + 4, quarantineObjects: 4 });
      expect(report.read['journalBatches']).toBeGreaterThanOrEqual(4);
      expect(report.read['replicaObjects']).toBeGreaterThanOrEqual(FLIPS.length + 4 + 4 + 4);
    });

    it('is damaged, in every way that there is', async () => {
      const { store } = archive;
      const studies = made.filter((_, index) => index % 3 === 0);
      for (const [index, [, part, place]] of FLIPS.entries()) {
        const instance = studies[index];
        if (instance === undefined) throw new Error('one study for each');
        const key = await archive.keyOf(instance);
        const [from, to] = place(await archive.receiptOf(key), random);
        await alter(store, key, flip(random.integer(from, to), random.integer(0, 8)));
        injected.set(key, { condition: 'damaged', part });
      }
      const [cut, deleted, padded] = studies.slice(FLIPS.length);
      if (cut === undefined || deleted === undefined || padded === undefined) throw new Error('three more');
      const cutKey = await archive.keyOf(cut);
      await alter(store, cutKey, (bytes) => bytes.subarray(0, random.integer(1, bytes.length)));
      injected.set(cutKey, { condition: 'damaged', part: 'receipt' });
      const deletedKey = await archive.keyOf(deleted);
      digests.set(deletedKey, sha256(await bytesOf(store, deletedKey)));
      await alter(store, deletedKey, () => undefined);
      injected.set(deletedKey, { condition: 'missing' });
      const paddedKey = await archive.keyOf(padded);
      const { receipt } = await archive.receiptOf(paddedKey);
      const gap = (receipt.entries[0]?.offset ?? 0) + (receipt.entries[0]?.length ?? 0);
      expect(gap % 512, 'the first entry is followed by padding').not.toBe(0);
      await alter(store, paddedKey, flip(gap, random.integer(0, 8)));
      injected.set(paddedKey, { condition: 'damaged', part: 'padding' });

      const [first, second, third] = await archive.keys('quarantine/');
      const [, firstBatch, secondBatch] = await archive.keys('journal/');
      for (const key of [first, second, third, firstBatch, secondBatch]) {
        if (key === undefined) throw new Error('three quarantine objects and three batches');
        digests.set(key, sha256(await bytesOf(store, key)));
      }
      const damage = async (key = '', change: (bytes: Buffer) => Buffer | undefined) => {
        await alter(store, key, change);
        const isThere = (await store.stat(key)) !== undefined;
        injected.set(key, { condition: isThere ? 'damaged' : 'missing' });
      };
      const anywhere = (bytes: Buffer) => flip(random.integer(0, bytes.length), random.integer(0, 8))(bytes);
      await damage(first, anywhere);
      await damage(second, (bytes) => bytes.subarray(0, random.integer(0, bytes.length)));
      await damage(third, () => undefined);
      await damage(firstBatch, anywhere);
      await damage(secondBatch, () => undefined);
      expect(injected.size).toBe(FLIPS.length + 3 + 3 + 2);
    });

    it('is found damaged: every object, with part, place and instances; marked, and exit code 1', async () => {
      const file = join(archive.test.settings.dataFolder, 'report.json');
      const { code, stdout } = await archive.fixity('--report', file);
      const report = JSON.parse(await readFile(file, 'utf8')) as PrintedReport;
      expect({ code, ...report }).toMatchObject({ code: 1, isFinished: true, isWhole: false, repaired: 0 });
      expect(new Set(report.findings.map(({ key }) => key))).toEqual(new Set(injected.keys()));
      for (const { key, kind, condition, faults, instances, outcome } of report.findings) {
        const { condition: expected, part } = injected.get(key) ?? {};
        expect({ key, condition, outcome }).toEqual({ key, condition: expected, outcome: 'found' });
        if (part === undefined) continue;
        expect({ key, parts: [...new Set(faults.map((fault) => fault.part))] }).toEqual({
          key,
          parts: [part],
        });
        const concerned = part === 'entry' ? 1 : part === 'receipt' || part === 'metadata' ? 3 : 0;
        expect({ key, part, instances: instances.length }).toEqual({ key, part, instances: concerned });
        expect(kind).toBe('segment');
      }
      const marked = await archive.test.archive.database.query<{ segments: number; instances: number }>({
        text: `select (select count(*) from segment where condition <> 'whole') as segments,
          (select count(*) from instance where is_damaged) as instances`,
      });
      // Three in entries; metadata, receipt, trailer, end, cut and deleted concern the three instances of each.
      expect(marked.rows[0]).toEqual({ segments: FLIPS.length + 3, instances: 3 + 6 * 3 });
      expect(stdout).toContain('npm run fixity -- --repair');
      for (const key of injected.keys()) expect(stdout).toContain(key);
      const list = await archive.admin('damage', 'list');
      expect(list.code).toBe(1);
      for (const key of injected.keys()) if (!key.startsWith('journal/')) expect(list.stdout).toContain(key);
    });

    it('is repaired from the replica, all of it; everything is served as it was sent', async () => {
      const { code, report } = await archive.report('--repair');
      expect(report.findings.filter(({ outcome }) => outcome !== 'repaired')).toEqual([]);
      expect({ code, ...report }).toMatchObject({ code: 0, isWhole: true, notRepairable: 0 });
      expect(report.repaired).toBe(injected.size);
      expect(await archive.servedWrong(made)).toEqual([]);
      for (const [key, digest] of digests) {
        expect({ key, sha256: sha256(await bytesOf(archive.store, key)) }).toEqual({ key, sha256: digest });
      }
      for (const { quarantineId, sha256: expected } of await archive.quarantined()) {
        const answer = await fetch(`${archive.test.url}/admin/quarantine/${quarantineId}/bytes`);
        expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(expected.toString('hex'));
      }
    });

    it('is whole again, so is the replica, and nothing is marked', async () => {
      await archive.settled();
      const { code, report } = await archive.report('--replica');
      expect(report.findings).toEqual([]);
      expect(code).toBe(0);
      const marked = await archive.test.archive.database.query({
        text: `select (select count(*) from segment where condition <> 'whole' and state = 'live') as segments,
          (select count(*) from instance where is_damaged) as instances,
          (select count(*) from quarantine where condition <> 'whole') as quarantined,
          (select count(*) from damage where repaired_at is null) as findings`,
      });
      expect(marked.rows[0]).toEqual({ segments: 0, instances: 0, quarantined: 0, findings: 0 });
      // A damaged segment is not overwritten: its rewrite has another key, and it waits to be deleted.
      for (const [key, { condition }] of injected) {
        if (key.startsWith('v1/') && condition === 'damaged') {
          expect(await archive.store.stat(key)).toBeDefined();
        }
      }
    });
  },
);
