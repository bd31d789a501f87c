/** Every case, in the order of the goals in docs/performance.md. */
import type { BenchCase } from '../bench-case.ts';
import { compactionCheck } from '../checks/compaction-check.ts';
import { largeObjectCheck } from '../checks/large-object-check.ts';
import { manyPushesCheck } from '../checks/many-pushes-check.ts';
import { rebuildCheck } from '../checks/rebuild-check.ts';
import { startCheck } from '../checks/start-check.ts';
import type { StoredLoad } from '../load/stored-load.ts';
import { retentionScale } from '../retention-scale/retention-scale.ts';
import { searchScale } from '../search-scale/search-scale.ts';
import { FloorReads } from './floor-reads.ts';
import { metadataCases } from './metadata-cases.ts';
import { pictureCases } from './picture-cases.ts';
import { retrieveCases } from './retrieve-cases.ts';
import { searchCases } from './search-cases.ts';
import { storeCases } from './store-cases.ts';

/** Those with one of these names, or else whose names begin so, in the order of the names; all of none. Throws if there is nothing of a name. */
export function selectCases(load: StoredLoad, names: readonly string[]): BenchCase[] {
  const cases = allCases(load);
  if (names.length === 0) return cases;
  const selected = names.flatMap((wanted) => {
    const exact = cases.filter(({ name }) => name === wanted);
    const found = exact.length > 0 ? exact : cases.filter(({ name }) => name.startsWith(wanted));
    if (found.length > 0) return found;
    throw new Error(`no case "${wanted}". Cases: ${cases.map(({ name }) => name).join(', ')}`);
  });
  return [...new Set(selected)];
}

function allCases(load: StoredLoad): BenchCase[] {
  return [
    ...storeCases(load),
    ...searchCases(load),
    ...metadataCases(load),
    ...retrieveCases(load, new FloorReads()),
    ...pictureCases(load),
    searchScale,
    retentionScale,
    startCheck,
    compactionCheck,
    largeObjectCheck,
    manyPushesCheck,
    rebuildCheck,
  ];
}
