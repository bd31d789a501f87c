/**
 * Search at the size of a nation (docs/decisions/0028): every search key and the worklist over HTTP, at two sizes in turns, and
 * the plans behind them. What must not grow with the archive is bounded: 1.5 times the latency of the small one, p99 below 20 ms.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '@sandyq/database';
import { createKey } from '../../support/api-keys.ts';
import type { Bound, CheckCase, CheckReport, Scale } from '../bench-case.ts';
import { drive } from '../driver/drive.ts';
import { type OwnArchive, startOwnArchive } from '../own-archive.ts';
import { median, percentile } from '../statistics.ts';
import { type ExplainedStatement, explainSearch, LIMIT } from './explain-search.ts';
import { startScaleDatabases, withClient } from './scale-databases.ts';
import { type ApiKeys, searchJob } from './search-job.ts';
import { FACILITY, type SearchKey, sampleOf, searchKeys } from './search-keys.ts';

const SMALL = 10_000;
const MOST_RATIO = 1.5;
const MOST_P99_MS = 20;
const repository = join(import.meta.dirname, '..', '..', '..');
const CACHE = join(repository, '.cache', 'search-scale');
const RESULTS = join(repository, 'test', 'performance', 'results', 'search-scale');

/** The case for the benchmark: `npm run bench -- --cases search-scale`. */
export const searchScale: CheckCase = {
  kind: 'check',
  name: 'search-scale',
  work: 'search among a million studies',
  run: runSearchScale,
};

/** One size: its archive, and what is asked of it. */
interface Side {
  readonly studies: number;
  readonly url: string;
  readonly archive: OwnArchive;
  readonly keys: readonly SearchKey[];
  readonly apiKeys: ApiKeys;
}

interface KeyReport {
  readonly name: string;
  readonly isBounded: boolean;
  readonly sides: readonly {
    studies: number;
    p50Ms: number;
    p99Ms: number;
    statements: readonly ExplainedStatement[];
  }[];
}

async function runSearchScale(scale: Scale): Promise<CheckReport> {
  const sizes = [SMALL, scale.of(20_000, 1_000_000)];
  const databases = await startScaleDatabases(CACHE, sizes, console.error);
  const sides: Side[] = [];
  try {
    for (const [studies, url] of databases.urls) {
      const sample = await withClient(url, sampleOf);
      const archive = await startOwnArchive({ DATABASE_URL: url, SANDYQ_AUTH: 'keys' });
      sides.push({ studies, url, archive, keys: searchKeys(sample, studies), apiKeys: await makeKeys(url) });
    }
    const reports: KeyReport[] = [];
    for (const index of (sides[0]?.keys ?? []).keys()) reports.push(await measureKey(sides, index, scale));
    await recordPlans(reports);
    return reportOf(reports);
  } finally {
    for (const { archive } of sides) await archive.stop();
    await databases.stop();
  }
}

async function makeKeys(url: string): Promise<ApiKeys> {
  const database = openDatabase({ connectionString: url, maxConnections: 1 });
  const roles = ['radiologist'] as const;
  const everywhere = await createKey(database, { roles });
  const inFacility = await createKey(database, { roles, facilityCode: `hospital-${FACILITY}` });
  await database.close();
  return { everywhere, inFacility };
}

/** The same question at both sizes, in turns, so that a moment of the machine meets both. */
async function measureKey(sides: readonly Side[], index: number, scale: Scale): Promise<KeyReport> {
  const latencies = new Map<Side, number[]>(sides.map((side) => [side, []]));
  for (let round = 0; round <= scale.of(1, 4); round += 1) {
    for (const side of sides) {
      const jobs = Array.from({ length: scale.of(5, 50) }, () =>
        searchJob(side.archive, side.apiKeys, keyOf(side, index)),
      );
      const { latenciesMs } = await drive(1, jobs);
      // The first round warms up.
      if (round > 0) latencies.get(side)?.push(...latenciesMs);
    }
  }
  const measured = [];
  for (const side of sides) {
    const ms = latencies.get(side) ?? [];
    const statements = await explain(side, keyOf(side, index));
    measured.push({ studies: side.studies, p50Ms: median(ms), p99Ms: percentile(ms, 0.99), statements });
  }
  const [first] = sides;
  const key = first === undefined ? undefined : keyOf(first, index);
  return { name: key?.name ?? '', isBounded: key?.isBounded === true, sides: measured };
}

function keyOf({ keys }: Side, index: number): SearchKey {
  const key = keys[index];
  if (key === undefined) throw new RangeError('both sizes are asked the same');
  return key;
}

async function explain({ url }: Side, key: SearchKey): Promise<readonly ExplainedStatement[]> {
  const database = openDatabase({ connectionString: url, maxConnections: 1 });
  try {
    return await explainSearch(database, key);
  } finally {
    await database.close();
  }
}

async function recordPlans(reports: readonly KeyReport[]): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  for (const [index, size] of (reports[0]?.sides ?? []).entries()) {
    const plans = reports.map(({ name, sides }) => {
      const statements = sides[index]?.statements ?? [];
      return `## ${name}\n\n${statements.map(({ text, plan }) => `${text}\n\n${plan}`).join('\n\n')}\n`;
    });
    await writeFile(join(RESULTS, `plans-${size.studies}.md`), plans.join('\n'));
  }
}

function reportOf(reports: readonly KeyReport[]): CheckReport {
  const sizes = reports[0]?.sides.map(({ studies }) => studies.toLocaleString('en')) ?? [];
  const head = ['key', ...sizes.flatMap((size) => [`${size}: p50 ms`, 'p99', 'pages']), 'indexes'];
  const rows = reports.map(({ name, sides }) => [
    name,
    ...sides.flatMap(({ p50Ms, p99Ms, statements }) => [
      p50Ms.toFixed(1),
      p99Ms.toFixed(1),
      pagesOf(statements),
    ]),
    [...new Set(sides.at(-1)?.statements.flatMap(({ indexes }) => indexes))].join(', '),
  ]);
  const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  return {
    markdown: `Pages of ${LIMIT} results.\n\n${table}\n`,
    data: reports,
    bounds: reports.flatMap(boundsOf),
  };
}

function pagesOf(statements: readonly ExplainedStatement[]): string {
  return String(statements.reduce((sum, { pages }) => sum + pages, 0));
}

function boundsOf({ name, isBounded, sides }: KeyReport): Bound[] {
  const [small, large] = sides;
  if (!isBounded || small === undefined || large === undefined) return [];
  return [
    {
      what: `${name}: latency at ${large.studies} studies`,
      value: large.p50Ms / small.p50Ms,
      most: MOST_RATIO,
      unit: `of that at ${small.studies}`,
    },
    { what: `${name}: p99 at ${large.studies} studies`, value: large.p99Ms, most: MOST_P99_MS, unit: 'ms' },
  ];
}
