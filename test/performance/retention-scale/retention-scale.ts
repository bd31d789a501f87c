/**
 * Retention at the size of a nation: every study of a million is read from PostgreSQL with its patient, registers and links, and
 * judged by a schedule. In under a minute on two cores, and in a memory that does not grow with the archive.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase, streamSubjects } from '@sandyq/database';
import { detailsAskedBy, evaluate, parseSchedule, type RetentionSchedule } from '@sandyq/retention';
import type { CheckCase, CheckReport, Scale } from '../bench-case.ts';
import { inMebibytes, MEBIBYTE } from '../checks/mebibytes.ts';
import { startScaleDatabases, withClient } from '../search-scale/scale-databases.ts';
import { fillRegisters } from './fill-registers.ts';

const MOST_SECONDS_A_MILLION = 60;
const MOST_MEBIBYTES = 512;
const repository = join(import.meta.dirname, '..', '..', '..');
/** The databases of search-scale. */
const CACHE = join(repository, '.cache', 'search-scale');
const SCHEDULES = join(repository, 'packages', 'retention', 'schedules');
const NAMES = ['kz-2025-draft', 'us-federal'];

/** The case for the benchmark: `npm run bench -- --cases retention-scale`. */
export const retentionScale: CheckCase = {
  kind: 'check',
  name: 'retention-scale',
  work: 'a million studies judged by a retention schedule',
  run: runRetentionScale,
};

interface Judged {
  readonly schedule: string;
  readonly studies: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

async function runRetentionScale(scale: Scale): Promise<CheckReport> {
  const size = scale.of(20_000, 1_000_000);
  const databases = await startScaleDatabases(CACHE, [size], console.error);
  try {
    const url = databases.urls.get(size) ?? '';
    await withClient(url, fillRegisters);
    const judged: Judged[] = [];
    for (const name of NAMES) judged.push(await judgeAll(url, name));
    return reportOf(judged);
  } finally {
    await databases.stop();
  }
}

async function judgeAll(url: string, name: string): Promise<Judged> {
  const schedule: RetentionSchedule = parseSchedule(await readFile(join(SCHEDULES, `${name}.yaml`), 'utf8'));
  const database = openDatabase({ connectionString: url });
  const verdicts: Record<string, number> = {};
  const details = detailsAskedBy({ schedules: [schedule], holds: [] });
  const now = new Date();
  const begin = performance.now();
  let [studies, peakBytes] = [0, 0];
  try {
    for await (const batch of streamSubjects(database, { details })) {
      for (const subject of batch) {
        const { verdict } = evaluate(schedule, subject, now);
        verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      }
      studies += batch.length;
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    }
  } finally {
    await database.close();
  }
  return { schedule: name, studies, seconds: (performance.now() - begin) / 1_000, peakBytes, verdicts };
}

function reportOf(judged: readonly Judged[]): CheckReport {
  const rows = judged.map(({ schedule, studies, seconds, peakBytes, verdicts }) =>
    [
      schedule,
      studies.toLocaleString('en'),
      seconds.toFixed(1),
      inMebibytes(peakBytes),
      Object.entries(verdicts)
        .map(([verdict, count]) => `${count.toLocaleString('en')} ${verdict}`)
        .join(', '),
    ].join(' | '),
  );
  const head = ['schedule | studies | seconds | MiB | verdicts', '--- | --- | --- | --- | ---'];
  return {
    markdown: `${[...head, ...rows].map((row) => `| ${row} |`).join('\n')}\n`,
    data: judged,
    bounds: judged.flatMap(({ schedule, studies, seconds, peakBytes }) => [
      {
        what: `${schedule}: a million studies`,
        value: (seconds / studies) * 1e6,
        most: MOST_SECONDS_A_MILLION,
        unit: 's',
      },
      { what: `${schedule}: memory`, value: peakBytes / MEBIBYTE, most: MOST_MEBIBYTES, unit: 'MiB' },
    ]),
  };
}
