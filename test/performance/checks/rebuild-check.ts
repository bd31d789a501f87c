/** How fast an index is made anew from the store: no bound, but a number to watch. */
import type { CheckCase } from '../bench-case.ts';
import { measureRebuild } from '../rebuild-rate.ts';

/** Of CT series of 300 slices. */
export const rebuildCheck: CheckCase = {
  kind: 'check',
  name: 'rebuild',
  work: 'rebuild of the index from the store',
  run: async (scale) => {
    const data = await measureRebuild(scale.of(2, 60));
    return { markdown: ['```json', JSON.stringify(data, undefined, 2), '```'].join('\n'), data, bounds: [] };
  },
};
