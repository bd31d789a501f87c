/** A multi-frame of 2 GiB in and out: memory does not grow with the size of an object (design §2.10). */
import type { CheckCase, CheckReport } from '../bench-case.ts';
import { type LargeObjectReport, moveLargeObject } from '../large-object.ts';
import { startOwnArchive } from '../own-archive.ts';
import { inMebibytes } from './mebibytes.ts';

const FULL_FRAMES = 4_096;
const QUICK_FRAMES = 256;
const MOST_GROWTH_BYTES = 150_000_000;

/** Frames of 512 × 512 × 16 bits. */
export const largeObjectCheck: CheckCase = {
  kind: 'check',
  name: 'large-object',
  work: 'a multi-frame of 2 GiB in and out',
  run: async (scale): Promise<CheckReport> => {
    const archive = await startOwnArchive();
    try {
      const frames = scale.of(QUICK_FRAMES, FULL_FRAMES);
      const data = await moveLargeObject({ url: archive.url, pid: archive.pid, frames });
      const most = Math.max(...data.transfers.map(({ growthBytes }) => growthBytes));
      const bound = { what: 'memory growth', value: most / 1e6, most: MOST_GROWTH_BYTES / 1e6, unit: 'MB' };
      return { markdown: tablesOf(data), data, bounds: [bound] };
    } finally {
      await archive.stop();
    }
  },
};

function tablesOf({ transfers, frames }: LargeObjectReport): string {
  return [
    '| multi-frame | MiB | MiB/s | memory growth, MiB |',
    '| --- | --- | --- | --- |',
    ...transfers.map(
      ({ what, bytes, seconds, growthBytes }) =>
        `| ${what} | ${inMebibytes(bytes)} | ${inMebibytes(bytes / seconds)} | ${inMebibytes(growthBytes)} |`,
    ),
    '',
    '| one frame of 0.5 MB out of it, at random | p50 ms | p99 ms |',
    '| --- | --- | --- |',
    `| 1 connection | ${frames.p50Ms.toFixed(1)} | ${frames.p99Ms.toFixed(1)} |`,
  ].join('\n');
}
