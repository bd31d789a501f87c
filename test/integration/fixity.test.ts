/**
 * `npm run fixity` without a replica: damage is found and marked and stays; what the store itself can mend is mended. And
 * how it runs: at a rate, in parts, again after an interruption, and by itself in the background.
 */
import { checkDue } from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alter, bytesOf, flip, sha256 } from '../support/altered-objects.ts';
import { get, getJson } from '../support/dicomweb.ts';
import type { MadeInstance } from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { FixityArchive } from './fixity-archive.ts';

const seed = testSeed();
const STUDIES = 8;

describe(`fixity without a replica (SANDYQ_TEST_SEED=${seed})`, () => {
  const random = new SeededRandom(seed);
  let archive: FixityArchive;
  let made: MadeInstance[];
  /** What a run over everything reads. */
  let bytes: number;

  beforeAll(async () => {
    archive = await FixityArchive.start({});
    made = await archive.storeStudies(random, STUDIES);
    for (const name of ['A', 'B', 'C']) await archive.addJournalBatch(name);
  });
  afterAll(() => archive?.stop());

  /** The native image of a study, the first entry of its segment. */
  const imageOf = (study: number): MadeInstance => {
    const instance = made[study * 3];
    if (instance === undefined) throw new Error(`no study ${study}`);
    return instance;
  };

  it('reads only what was not read for so long, or only a study, and says so', async () => {
    const all = await archive.report();
    expect(all).toMatchObject({ code: 0, report: { isWhole: true, read: { segments: STUDIES } } });
    expect((await archive.report('--older-than', '1')).report.read).toMatchObject({ segments: 0 });
    const study = await archive.report('--study', imageOf(0).studyInstanceUid);
    expect(study.report.read).toMatchObject({ segments: 1, journalBatches: 0 });
    const refused = await Promise.all(
      [['--study', '1.2.3'], ['--replica'], ['--resume'], ['--rate', 'fast']].map((args) =>
        archive.fixity(...args),
      ),
    );
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(refused[0]?.stderr).toContain('nothing of study 1.2.3');
    bytes = all.report.read['bytes'] ?? 0;
  });

  it('goes on where it was interrupted, and does not read twice', async () => {
    // Slow enough to be interrupted in the middle of it.
    const slow = Math.round(bytes / 4);
    const { code, report } = await archive.interrupted(['--rate', String(slow)], () =>
      expect.poll(() => readOfUnfinished(archive), { timeout: 30_000, interval: 50 }).toBeGreaterThan(0),
    );
    expect({ code, isFinished: report.isFinished }).toEqual({ code: 2, isFinished: false });
    expect(report.read['segments']).toBeLessThan(STUDIES);
    const resumed = await archive.report('--resume');
    expect(resumed).toMatchObject({ code: 0, report: { isFinished: true } });
    expect(resumed.report.read['segments']).toBe(STUDIES);
  });

  it('keeps to the rate', async () => {
    const startedAt = performance.now();
    await archive.report('--rate', String(Math.round(bytes / 3)));
    // A second's worth is free, and then there is the start of the process.
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  });

  it('finds and marks damage, and cannot mend what is nowhere else', async () => {
    const [damaged, untouched] = [imageOf(0), made[1]];
    const key = await archive.keyOf(damaged);
    const { receipt } = await archive.receiptOf(key);
    const [entry] = receipt.entries;
    const position = (entry?.offset ?? 0) + random.integer(0, entry?.length ?? 1);
    await alter(archive.store, key, flip(position, random.integer(0, 8)));
    const { code, report } = await archive.report('--repair');
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([
      {
        kind: 'segment',
        key,
        condition: 'damaged',
        faults: [{ part: 'entry', ordinal: 1 }],
        instances: [{ sopInstanceUid: damaged.sopInstanceUid }],
        outcome: 'not-repairable',
        remark: expect.stringContaining('no replica'),
      },
    ]);
    expect(report.findings[0]?.faults[0]?.offset).toBeLessThanOrEqual(position);
    expect(await archive.servedWrong(made)).toEqual([damaged.sopInstanceUid]);
    const uids = [damaged.sopInstanceUid, untouched?.sopInstanceUid];
    const marked = await archive.test.archive.database.query<{ is_damaged: boolean }>({
      text: 'select is_damaged from instance where sop_instance_uid = any ($1) order by is_damaged desc',
      values: [uids],
    });
    expect(marked.rows.map((row) => row.is_damaged)).toEqual([true, false]);
    const shown = await getJson<Record<string, unknown>>(`${archive.test.url}/admin/fixity`);
    expect(shown).toMatchObject({
      damagedSegments: { damaged: 1, missing: 0 },
      lastRun: { findings: [{ key }] },
    });
  });

  it('mends what the rest of the segment, or the database, makes certain', async () => {
    const mended = imageOf(1);
    const key = await archive.keyOf(mended);
    await alter(archive.store, key, flip(random.integer(0, 512), random.integer(0, 8)));
    const [batch] = await archive.keys('journal/');
    const digest = sha256(await bytesOf(archive.store, batch ?? ''));
    await alter(archive.store, batch ?? '', () => undefined);
    const { report } = await archive.report('--repair');
    const outcomes = new Map(report.findings.map((finding) => [finding.key, finding.outcome]));
    expect(outcomes.get(key)).toBe('repaired');
    expect(outcomes.get(batch ?? '')).toBe('repaired');
    expect(report).toMatchObject({ repaired: 2, notRepairable: 1 });
    expect(sha256(await bytesOf(archive.store, batch ?? ''))).toBe(digest);
    expect(await archive.servedWrong([mended])).toEqual([]);
    expect(await archive.keyOf(mended)).not.toBe(key);
  });

  it('is done in the background by one process at a time, for what is due', async () => {
    const { database, logger } = archive.test.archive;
    const ports = { database, store: archive.store, logger };
    const { signal } = new AbortController();
    expect(await checkDue(ports, 90, signal)).toBeUndefined();
    const missing = imageOf(2);
    const key = await archive.keyOf(missing);
    await alter(archive.store, key, () => undefined);
    await database.query({
      text: `update segment set verified_at = now() - interval '91 days' where object_key = $1`,
      values: [key],
    });
    const both = await Promise.all([checkDue(ports, 90, signal), checkDue(ports, 90, signal)]);
    expect(both.filter((checked) => checked !== undefined)).toEqual([
      { kind: 'segment', outcome: 'missing', bytes: 0 },
    ]);
    expect(archive.lines).toContainEqual(
      expect.objectContaining({ event: 'segment-damaged', objectKey: key, kind: 'missing' }),
    );
    expect(await checkDue(ports, 90, signal)).toBeUndefined();
    const metrics = (await get(`${archive.test.url}/metrics`)).body.toString();
    expect(metrics).toMatch(/sandyq_fixity_oldest_unverified_seconds [\d.e]+/);
  });
});

/** Segments that a run has read which did not come to its end. */
async function readOfUnfinished({ test }: FixityArchive): Promise<number> {
  const found = await test.archive.database.query<{ segments: number }>({
    text: `select count(*) as segments from segment g, fixity_run r
      where r.finished_at is null and g.verified_at >= r.before`,
  });
  return found.rows[0]?.segments ?? 0;
}
