/**
 * `npm run bench`: what the archive does on this machine, on an embedded PostgreSQL and the filesystem store, or the
 * one that S3_ENDPOINT and its like name (it keeps what is stored).
 * Ratios count, not numbers: the machine is never alone. Exits with 1 if a bound is passed.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchiveProcess } from '../support/archive-process.ts';
import { type LargeObjectReport, moveLargeObject } from './large-object.ts';
import { type Latency, type ManyPushesReport, pushMany } from './many-pushes.ts';
import { type StoreRate, storeSlices } from './store-slices.ts';

/** 2 GiB of pixels in frames of 512 × 512 × 16 bits. */
const LARGE_FRAMES = 4_096;
const MEBIBYTE = 2 ** 20;
/** Design §2.10: memory does not grow with the size of an object. */
const MOST_GROWTH_BYTES = 150_000_000;
/** 200 scanners, 50 MB each; the settings are the defaults but for a metric that is read meanwhile. */
const PUSHES = 200;
const PUSH_BYTES = 50_000_000;
const STUDIES = 500;
const IDLE_QUESTIONS = 200;
/** docs/settings.md, SANDYQ_MAX_STORE_REQUESTS; and about what each takes, beside what the process takes anyhow. */
const MOST_REQUESTS = 64;
const MOST_BYTES_A_REQUEST = 4 * MEBIBYTE;
const RESULTS = join(import.meta.dirname, 'results');

const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-bench-'));
const archive = await startArchiveProcess('standalone', {
  SANDYQ_DATA: dataFolder,
  SANDYQ_LOG_LEVEL: 'info',
  SANDYQ_OPEN_METRICS: 'true',
  ...storeSettings(),
});
try {
  const rates = [
    await storeSlices(archive.url, { connections: 1, instances: 200 }),
    await storeSlices(archive.url, { connections: 16, instances: 400 }),
  ];
  const large = await moveLargeObject({ url: archive.url, pid: archive.pid, frames: LARGE_FRAMES });
  const pushes = await pushMany({
    url: archive.url,
    pid: archive.pid,
    spoolFolder: join(dataFolder, 'spool'),
    pushes: PUSHES,
    bytes: PUSH_BYTES,
    studies: STUDIES,
    idleQuestions: IDLE_QUESTIONS,
  });
  const text = `${ratesTable(rates)}\n\n${transfersTable(large)}\n\n${pushesTable(pushes)}\n`;
  console.log(text);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'bench.json'), JSON.stringify({ rates, large, pushes }, undefined, 2));
  await writeFile(join(RESULTS, 'bench.md'), text);
  const most = Math.max(...large.transfers.map(({ growthBytes }) => growthBytes));
  if (most >= MOST_GROWTH_BYTES) {
    console.error(`memory grew by ${inMebibytes(most)} MiB, less than 150 MB (143 MiB) are allowed`);
    process.exitCode = 1;
  }
  for (const passed of passedBounds(pushes)) {
    console.error(passed);
    process.exitCode = 1;
  }
} finally {
  await archive.stop();
  await rm(dataFolder, { recursive: true, force: true });
}

function storeSettings(): Record<string, string> {
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('S3_'));
  return Object.fromEntries(settings.map(([name, value]) => [name, value ?? '']));
}

function ratesTable(rates: readonly StoreRate[]): string {
  return [
    '| store CT slices of 0.5 MB, one a request | instances/s | p50 ms | p99 ms |',
    '| --- | --- | --- | --- |',
    ...rates.map(
      ({ connections, perSecond, p50Ms, p99Ms }) =>
        `| ${connections} connections | ${perSecond.toFixed(0)} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} |`,
    ),
  ].join('\n');
}

function transfersTable({ transfers, frames }: LargeObjectReport): string {
  return [
    '| 2 GiB multi-frame | MiB | MiB/s | memory growth, MiB |',
    '| --- | --- | --- | --- |',
    ...transfers.map(
      ({ what, bytes, seconds, growthBytes }) =>
        `| ${what} | ${inMebibytes(bytes)} | ${inMebibytes(bytes / seconds)} | ${inMebibytes(growthBytes)} |`,
    ),
    '',
    '| one frame of 0.5 MB out of the 2 GiB, at random | p50 ms | p99 ms |',
    '| --- | --- | --- |',
    `| 1 connection | ${frames.p50Ms.toFixed(1)} | ${frames.p99Ms.toFixed(1)} |`,
  ].join('\n');
}

function inMebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(bytes < 10 * MEBIBYTE ? 1 : 0);
}

/** Bounds that many pushes at once have passed, in words. */
function passedBounds({ residentBytes, mostRequestsInFlight, mostSpoolBytes }: ManyPushesReport): string[] {
  const growth = residentBytes.most - residentBytes.before;
  const mostGrowth = MOST_GROWTH_BYTES + MOST_REQUESTS * MOST_BYTES_A_REQUEST;
  const mostSpool = MOST_REQUESTS * (PUSH_BYTES + MEBIBYTE);
  return [
    ...(growth > mostGrowth
      ? [`memory grew by ${inMebibytes(growth)} of ${inMebibytes(mostGrowth)} MiB`]
      : []),
    ...(mostRequestsInFlight > MOST_REQUESTS
      ? [`${mostRequestsInFlight} requests were received at a time`]
      : []),
    ...(mostSpoolBytes > mostSpool ? [`the spool held ${inMebibytes(mostSpoolBytes)} MiB`] : []),
  ];
}

function pushesTable(report: ManyPushesReport): string {
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
