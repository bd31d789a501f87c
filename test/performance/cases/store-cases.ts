/** Store: CT slices as scanners send them, and ultrasound cines. */
import type { ComparedCase, Goal, Measured, Turn } from '../bench-case.ts';
import { drive } from '../driver/drive.ts';
import { instanceJob } from '../driver/retrieve-jobs.ts';
import { storeJobs } from '../driver/store-job.ts';
import { cineSeries } from '../load/cines.ts';
import { ctSeries } from '../load/ct-series.ts';
import { instancePath, type LoadInstance } from '../load/instance.ts';
import type { StoredLoad } from '../load/stored-load.ts';

interface StoreShape {
  readonly name: string;
  readonly work: string;
  readonly connections: number;
  readonly perRequest: number;
  /** Instances of each connection's series in a quick and in a full turn. */
  readonly slices: readonly [quick: number, full: number];
  readonly goals: readonly Goal[];
}

const CPU_GOAL: Goal = { measure: 'serverCpuMsPerOperation', against: 'peer', ratio: 1 / 4 };
const SHAPES: readonly StoreShape[] = [
  {
    name: 'store-ct-1',
    work: 'STOW CT (0.53 MB), 1 instance a request, 1 connection',
    connections: 1,
    perRequest: 1,
    slices: [40, 150],
    goals: [...throughput(5, 0.7), CPU_GOAL],
  },
  {
    name: 'store-ct-10',
    work: 'STOW CT, 10 a request, 1 connection',
    connections: 1,
    perRequest: 10,
    slices: [40, 300],
    goals: [...throughput(5, 0.7), CPU_GOAL],
  },
  {
    name: 'store-ct-50',
    work: 'STOW CT, 50 a request, 1 connection',
    connections: 1,
    perRequest: 50,
    slices: [50, 300],
    goals: [...throughput(6, 0.7), CPU_GOAL],
  },
  {
    name: 'store-ct-senders',
    work: 'STOW CT, 16 scanners at once, 1 instance a request',
    connections: 16,
    perRequest: 1,
    slices: [4, 40],
    goals: [
      ...throughput(5, 0.8),
      { measure: 'p99Ms', against: 'peer', ratio: 1 / 6 },
      CPU_GOAL,
      { measure: 'peakBytes', against: 'peer', ratio: 1 },
    ],
  },
];

/** The cases of the Store transaction (PS3.18 §10.5). */
export function storeCases(load: StoredLoad): ComparedCase[] {
  return [...SHAPES.map(ctCase), cineCase(load)];
}

function ctCase({ name, work, connections, perRequest, slices, goals }: StoreShape): ComparedCase {
  // Every scanner sends its own study; requests of all are in turn.
  const draw = ({ random, scale }: Turn) =>
    Array.from({ length: connections }, () => ctSeries(random, { slices: scale.of(...slices) }));
  const store = (url: string, studies: readonly LoadInstance[][]): Promise<Measured> =>
    drive(connections, interleaved(studies.map((study) => storeJobs(url, study, perRequest))));
  return {
    kind: 'compared',
    name,
    work,
    goals,
    run: async ({ dicomWebUrl }, turn) => {
      const studies = draw(turn);
      const measured = await store(`${dicomWebUrl}/studies`, studies);
      await expectRetrievable(dicomWebUrl, turn.random.pick(studies.flat()));
      return measured;
    },
    floor: (floor, turn) => store(`${floor.url}/store`, draw(turn)),
  };
}

/** A confirmation can lie: what was confirmed comes back, bit for bit. */
async function expectRetrievable(dicomWebUrl: string, instance: LoadInstance): Promise<void> {
  await drive(1, [instanceJob(`${dicomWebUrl}${instancePath(instance)}`, instance)]);
}

function cineCase(load: StoredLoad): ComparedCase {
  const run = async (url: string, { random, scale }: Turn): Promise<Measured> => {
    const frames = await load.cineFrames(scale.isQuick);
    return drive(1, storeJobs(url, cineSeries(random, frames, scale.of(4, 16)), 1));
  };
  return {
    kind: 'compared',
    name: 'store-cines',
    work: 'STOW ultrasound cines (60 JPEG frames), 1 a request, 1 connection',
    goals: [{ measure: 'megabytesPerSecond', against: 'peer', ratio: 3 }],
    run: (target, turn) => run(`${target.dicomWebUrl}/studies`, turn),
    floor: (floor, turn) => run(`${floor.url}/store`, turn),
  };
}

function throughput(peer: number, floor: number): Goal[] {
  return [
    { measure: 'perSecond', against: 'peer', ratio: peer },
    { measure: 'perSecond', against: 'floor', ratio: floor },
  ];
}

/** The first of each, then the second of each, … */
function interleaved<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
}
