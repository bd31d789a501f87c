/** `GET /admin/fixity`: how far reading again has come, what is on record as damaged, and the last run's report. */
import {
  countDamagedSegments,
  databaseTime,
  fixityState,
  lastFixityRun,
  oldestUnverifiedSeconds,
} from '@sandyq/database';
import { type GuardedRoute, jsonAnswer } from '@sandyq/http';
import type { FixityOptions, FixityReport } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { adminRoute } from './refusal.ts';

const DAY_MS = 86_400_000;

/** The report names the instances whose bytes are concerned. */
export function fixityRoute(archive: Archive): GuardedRoute {
  return adminRoute({
    method: 'GET',
    path: '/admin/fixity',
    action: 'administer',
    patientData: true,
    handler: async () => jsonAnswer(200, await describeFixity(archive)),
  });
}

async function describeFixity({ database, settings }: Pick<Archive, 'database' | 'settings'>) {
  const { fixityIntervalDays: intervalDays, fixityBytesPerSecond: bytesPerSecond } = settings;
  const now = await databaseTime(database);
  const before = new Date(now.getTime() - intervalDays * DAY_MS);
  const { objects, bytes, dueObjects, dueBytes } = await fixityState(database, { before });
  const last = await lastFixityRun<FixityOptions, FixityReport>(database, { unfinished: false });
  return {
    intervalDays,
    bytesPerSecond,
    objects,
    bytes,
    ...(intervalDays > 0 && { due: { objects: dueObjects, bytes: dueBytes } }),
    oldestUnverifiedSeconds: await oldestUnverifiedSeconds(database),
    damagedSegments: await countDamagedSegments(database),
    ...(last !== undefined && {
      lastRun: {
        startedAt: last.startedAt.toISOString(),
        ...(last.finishedAt !== undefined && { finishedAt: last.finishedAt.toISOString() }),
        options: last.options,
        ...last.report,
      },
    }),
  };
}
