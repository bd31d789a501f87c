/** What the archive itself says of damage: its comparison of store and index, and its reading of every byte. */
import { listDamage } from '@sandyq/database';
import { beginRun, continueRun } from '@sandyq/indexing';
import { type ArchiveEnvironment, reconcileNow, withArchive } from './archive-tools.ts';

const MOST_LISTED = 100_000;

/** Keys of objects that it reports as missing or damaged. `studyInstanceUid`: only there it reads every byte. */
export async function reportedDamage(
  environment: ArchiveEnvironment,
  studyInstanceUid?: string,
): Promise<Set<string>> {
  const { damaged, missing } = await reconcileNow(environment);
  const read = await withArchive(environment, async (archive) => {
    const ports = { ...archive, now: () => new Date(), decidedBy: 'test' };
    const run = await beginRun(ports, {
      repair: false,
      replica: false,
      ...(studyInstanceUid !== undefined && { studyInstanceUid }),
    });
    await continueRun(ports, run, { bytesPerSecond: Number.POSITIVE_INFINITY });
    const listed = await listDamage(archive.database, { includeRepaired: true }, MOST_LISTED);
    return [...run.report.findings.map(({ key }) => key), ...listed.map(({ objectKey }) => objectKey)];
  });
  return new Set([...damaged, ...missing, ...read]);
}
