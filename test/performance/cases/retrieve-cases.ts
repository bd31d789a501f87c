/** Retrieve, as stored: whole studies, instances, frames. */
import type { ComparedCase, Floor, Goal, Measured, Scale, Target, Turn } from '../bench-case.ts';
import { drive, type Job } from '../driver/drive.ts';
import { frameJob, instanceJob, studyJob } from '../driver/retrieve-jobs.ts';
import { instancePath, type LoadInstance } from '../load/instance.ts';
import type { LoadPart, StoredLoad } from '../load/stored-load.ts';
import type { FloorReads } from './floor-reads.ts';
import { cinesPart, ctStudyPart } from './load-parts.ts';

/** Answers at the same time. */
const CLIENTS = 16;

interface ReadShape {
  readonly name: string;
  readonly work: string;
  readonly connections: number;
  readonly goals: readonly Goal[];
  part(scale: Scale): Promise<LoadPart<LoadInstance[]>>;
  /** The requests of one turn. */
  jobs(url: string, instances: readonly LoadInstance[], turn: Turn): Job[];
  /** The same at the floor, which has been given the instances. */
  floorJobs(floor: Floor, instances: readonly LoadInstance[], turn: Turn): Promise<Job[]>;
}

/** The cases of the Retrieve transactions that need no codec (PS3.18 §10.4). */
export function retrieveCases(load: StoredLoad, floorReads: FloorReads): ComparedCase[] {
  return [...studyShapes(floorReads), ...singleShapes(load, floorReads)].map((shape) => caseOf(load, shape));
}

function caseOf(load: StoredLoad, shape: ReadShape): ComparedCase {
  const { name, work, goals, connections } = shape;
  return {
    kind: 'compared',
    name,
    work,
    goals,
    prepare: async (target: Target, scale: Scale) => load.store(target, await shape.part(scale)),
    run: async (target: Target, turn: Turn): Promise<Measured> => {
      const instances = load.get(await shape.part(turn.scale));
      return drive(connections, shape.jobs(target.dicomWebUrl, instances, turn), {
        atLeast: turn.scale.seconds,
      });
    },
    floor: async (floor: Floor, turn: Turn): Promise<Measured> => {
      const instances = load.get(await shape.part(turn.scale));
      return drive(connections, await shape.floorJobs(floor, instances, turn), {
        atLeast: turn.scale.seconds,
      });
    },
  };
}

function studyShapes(floorReads: FloorReads): ReadShape[] {
  return [1, 8].map((clients) => ({
    name: `study-${clients}`,
    work: `whole CT study, ${clients} client${clients === 1 ? '' : 's'}`,
    connections: clients,
    goals: [
      { measure: 'megabytesPerSecond', against: 'peer', ratio: clients === 1 ? 2 : 2.5 },
      { measure: 'megabytesPerSecond', against: 'floor', ratio: 0.8 },
    ],
    part: async (scale) => ctStudyPart(scale),
    jobs: (url, instances) => {
      const study = `${url}/studies/${instances[0]?.studyInstanceUid}`;
      return repeated(clients, () => studyJob(study, instances));
    },
    floorJobs: async (floor, instances) => {
      await floorReads.prepare(floor, instances);
      return repeated(clients, () => floorReads.studyJob(floor, instances));
    },
  }));
}

function singleShapes(load: StoredLoad, floorReads: FloorReads): ReadShape[] {
  const ct = async (scale: Scale) => ctStudyPart(scale);
  const cines = async (scale: Scale) => cinesPart(scale, await load.cineFrames(scale.isQuick));
  const things = [
    { name: 'instance', work: 'CT instance as stored', part: ct, isFrame: false },
    { name: 'frame', work: 'CT frame as stored', part: ct, isFrame: true },
    { name: 'cine-frame', work: 'cine frame as stored', part: cines, isFrame: true },
  ];
  return things.flatMap(({ name, work, part, isFrame }) =>
    [1, CLIENTS].map(
      (clients): ReadShape => ({
        name: `${name}-${clients}`,
        work: `${work}, ${clients} client${clients === 1 ? '' : 's'}`,
        connections: clients,
        goals: [
          clients === 1
            ? { measure: 'p50Ms', against: 'peer', ratio: 1 / 4 }
            : { measure: 'perSecond', against: 'peer', ratio: 5 },
          { measure: 'perSecond', against: 'floor', ratio: 0.7 },
        ],
        part,
        jobs: (url, instances, turn) =>
          drawn(instances, turn, clients, (instance, frame) => {
            const path = `${url}${instancePath(instance)}`;
            return isFrame
              ? frameJob(`${path}/frames/${frame}`, instance, frame)
              : instanceJob(path, instance);
          }),
        floorJobs: async (floor, instances, turn) => {
          await floorReads.prepare(floor, instances);
          return drawn(instances, turn, clients, (instance, frame) =>
            isFrame ? floorReads.frameJob(floor, instance, frame) : floorReads.instanceJob(floor, instance),
          );
        },
      }),
    ),
  );
}

/** Instances and frames at random, as readers scroll and jump. */
function drawn(
  instances: readonly LoadInstance[],
  { random, scale }: Turn,
  clients: number,
  jobOf: (instance: LoadInstance, frame: number) => Job,
): Job[] {
  const count = clients === 1 ? scale.of(60, 500) : scale.of(160, 1_600);
  return repeated(count, () => {
    const instance = random.pick(instances);
    return jobOf(instance, random.integer(1, instance.frames.length + 1));
  });
}

function repeated(count: number, make: () => Job): Job[] {
  return Array.from({ length: count }, make);
}
