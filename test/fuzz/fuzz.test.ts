/**
 * Mutations of requests and objects over all routes, against a process as it runs in a hospital: nothing crashes, nothing hangs,
 * nothing is answered with 500, memory stays within bounds. SANDYQ_TEST_MUTATIONS says how many; SANDYQ_TEST_SEED repeats a run.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeContent, instancesToStore } from '../conformance/shall/content.ts';
import {
  corpusFiles,
  corpusNote,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { get, storeMany } from '../support/dicomweb.ts';
import { FreshUids, UidsNotReplaceableError, withFreshUids } from '../support/fresh-uids.ts';
import { testSeed } from '../support/seeded-random.ts';
import { startArchive } from '../support/start-archive.ts';
import type { Material } from './fuzz-case.ts';
import { runFuzz } from './fuzz-run.ts';
import { remainingSeeds, requestSeeds } from './request-seeds.ts';

const MUTATIONS = Number(process.env['SANDYQ_TEST_MUTATIONS'] ?? '1500');
/** Files that are mutated and stored: small, so that a mutation hits something that matters. */
const MOST_FILE_BYTES = 60_000;
/** For one process, codecs and all. */
const MOST_RESIDENT_BYTES = 2 * 1_024 ** 3;

/** Small files of every kind, of which UIDs can be replaced. */
function smallFiles(uids: FreshUids): Buffer[] {
  const files = corpusFiles().filter(
    (file) => isAcceptable(file) && file.part10 && file.bytes <= MOST_FILE_BYTES,
  );
  const apart = files.filter(({ path }) => !path.includes('series-101-slices'));
  return apart.map(({ path }) => readCorpusFile(path)).filter((bytes) => canBeRenamed(bytes, uids));
}

function canBeRenamed(bytes: Buffer, uids: FreshUids): boolean {
  try {
    withFreshUids(bytes, uids);
    return true;
  } catch (error) {
    if (error instanceof UidsNotReplaceableError) return false;
    throw error;
  }
}

async function materialOf(): Promise<Material> {
  const uids = new FreshUids();
  const content = describeContent();
  const files = smallFiles(uids);
  const listing = await startArchive();
  await listing.stop();
  return {
    uids,
    files,
    requests: [...requestSeeds(content, files), ...remainingSeeds(listing.routes, content)],
  };
}

describe.skipIf(skipWithoutCorpus)(`mutated requests and objects${corpusNote}`, () => {
  const seed = testSeed();
  let archive: DeployedArchive;
  let material: Material;

  beforeAll(async () => {
    material = await materialOf();
    archive = await deployArchive({ topology: 'standalone' });
    const { status, verdicts } = await storeMany(archive.url, instancesToStore(describeContent()));
    expect(verdicts.filter(({ kind, reason }) => kind === 'failed' || reason !== undefined)).toEqual([]);
    expect(status).toBe(200);
  });
  afterAll(() => archive?.stop());

  it(`neither crash nor hang nor cost memory, and are nobody's fault but the sender's (seed ${seed})`, async () => {
    const search = async (): Promise<number> =>
      (await get(`${archive.url}/dicom-web/studies?PatientID=P1`)).status;
    expect(await search()).toBe(200);
    const [process0] = archive.processes;
    const pid = process0?.pid ?? 0;
    const result = await runFuzz({ url: archive.url, pid }, material, { seed, mutations: MUTATIONS });
    const outcomes = [...result.outcomes]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `${name}: ${count}`);
    process.stdout.write(
      `fuzz: seed ${seed}, ${result.sent} mutations in ${result.seconds.toFixed(0)} s ` +
        `(${Math.round(result.sent / result.seconds)}/s), most memory ${Math.round(result.peakBytes / 1_024 ** 2)} MiB; ${outcomes.join(', ')}\n`,
    );
    expect(result.failures).toEqual([]);
    expect(result.sent).toBeGreaterThanOrEqual(MUTATIONS);
    expect(result.peakBytes).toBeLessThan(MOST_RESIDENT_BYTES);
    expect(process0?.hasEnded()).toBe(false);
    expect(await search()).toBe(200);
    expect(archive.log()).not.toMatch(/uncaught|unhandled/i);
  }, 3_600_000);
});
