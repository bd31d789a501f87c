/** From the start of the process until it is ready, with a data folder that was used before and files in the machine's cache. */
import type { CheckCase, CheckReport } from '../bench-case.ts';
import { startOwnArchive } from '../own-archive.ts';
import { median } from '../statistics.ts';

const MOST_SECONDS = 2;

/** The first start makes the data folder and is not counted. */
export const startCheck: CheckCase = {
  kind: 'check',
  name: 'start',
  work: 'start to ready, warm',
  run: async (scale): Promise<CheckReport> => {
    const archive = await startOwnArchive();
    const seconds: number[] = [];
    try {
      for (let start = 0; start < scale.of(2, 7); start += 1) seconds.push((await archive.restart()) / 1_000);
    } finally {
      await archive.stop();
    }
    const value = median(seconds);
    return {
      markdown: `Median of ${seconds.map((each) => each.toFixed(2)).join(', ')} s.`,
      data: { seconds },
      bounds: [{ what: 'time', value, most: MOST_SECONDS, unit: 's' }],
    };
  },
};
