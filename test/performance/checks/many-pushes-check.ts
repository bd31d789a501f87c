/** 200 scanners that push 50 MB each at the same time: bounds on memory, spool and requests hold, and readers are answered. */
import { join } from 'node:path';
import type { Bound, CheckCase, CheckReport } from '../bench-case.ts';
import { type Latency, type ManyPushesReport, pushMany } from '../many-pushes.ts';
import { startOwnArchive } from '../own-archive.ts';
import { inMebibytes, MEBIBYTE } from './mebibytes.ts';

const FULL = { pushes: 200, bytes: 50_000_000, studies: 500, idleQuestions: 200 };
const QUICK = { pushes: 80, bytes: 5_000_000, studies: 40, idleQuestions: 20 };
/** docs/settings.md, SANDYQ_MAX_STORE_REQUESTS; and about what each takes, beside what the process takes anyhow. */
const MOST_REQUESTS = 64;
const MOST_BYTES_A_REQUEST = 4 * MEBIBYTE;
const MOST_GROWTH_BYTES = 150_000_000;

/** With the default settings. */
export const manyPushesCheck: CheckCase = {
  kind: 'check',
  name: 'many-pushes',
  work: '200 scanners that push 50 MB each at once',
  run: async ({ isQuick }): Promise<CheckReport> => {
    const archive = await startOwnArchive({ SANDYQ_LOG_LEVEL: 'info' });
    try {
      const { url, pid, dataFolder } = archive;
      const spoolFolder = join(dataFolder, 'spool');
      const data = await pushMany({ url, pid, spoolFolder, ...(isQuick ? QUICK : FULL) });
      return { markdown: tablesOf(data), data, bounds: boundsOf(data) };
    } finally {
      await archive.stop();
    }
  },
};

function boundsOf({ residentBytes, mostRequestsInFlight, mostSpoolBytes, bytes }: ManyPushesReport): Bound[] {
  const mostGrowth = MOST_GROWTH_BYTES + MOST_REQUESTS * MOST_BYTES_A_REQUEST;
  const growth = residentBytes.most - residentBytes.before;
  const mostSpool = MOST_REQUESTS * (bytes + MEBIBYTE);
  return [
    { what: 'memory growth', value: growth / 1e6, most: mostGrowth / 1e6, unit: 'MB' },
    { what: 'received at a time', value: mostRequestsInFlight, most: MOST_REQUESTS, unit: 'requests' },
    { what: 'in the spool', value: mostSpoolBytes / 1e6, most: mostSpool / 1e6, unit: 'MB' },
  ];
}

function tablesOf(report: ManyPushesReport): string {
  const { residentBytes, idle, meanwhile } = report;
  const row = (what: string, { p50Ms, p99Ms }: Latency) =>
    `| ${what} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} |`;
  return [
    `| ${report.pushes} pushes of ${inMebibytes(report.bytes)} MiB at once | |`,
    '| --- | --- |',
    `| MiB/s | ${inMebibytes((report.pushes * report.bytes) / report.seconds)} |`,
    `| received at a time, most | ${report.mostRequestsInFlight} |`,
    `| in flight, most MiB | ${inMebibytes(report.mostInFlightBytes)} |`,
    `| in the spool, most MiB | ${inMebibytes(report.mostSpoolBytes)} |`,
    `| memory before, and growth at most, MiB | ${inMebibytes(residentBytes.before)} + ${inMebibytes(residentBytes.most - residentBytes.before)} |`,
    `| answers of 503, each tried again until it was stored | ${report.turnedAway} |`,
    '',
    '| a radiologist beside them | p50 ms | p99 ms |',
    '| --- | --- | --- |',
    row('worklist, idle', idle.worklist),
    row('worklist, meanwhile', meanwhile.worklist),
    row('frame, idle', idle.frame),
    row('frame, meanwhile', meanwhile.frame),
  ].join('\n');
}
