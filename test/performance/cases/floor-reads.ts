/** Reads at the floor (floor/README.md): it has been given the instances, and is told where in them a frame is. */
import type { Floor } from '../bench-case.ts';
import { drive, type Job } from '../driver/drive.ts';
import { frameJob, instanceJob, studyJob } from '../driver/retrieve-jobs.ts';
import { storeJobs } from '../driver/store-job.ts';
import { type LoadInstance, lengthOf } from '../load/instance.ts';

const PER_REQUEST = 10;

/** Remembers what the floor has. */
export class FloorReads {
  readonly #studies = new Set<string>();

  /** Gives the floor these instances of one study unless it has them. */
  async prepare(floor: Floor, study: readonly LoadInstance[]): Promise<void> {
    const uid = studyInstanceUidOf(study);
    if (this.#studies.has(uid)) return;
    await drive(1, storeJobs(`${floor.url}/store/${uid}`, study, PER_REQUEST));
    this.#studies.add(uid);
  }

  studyJob({ url }: Floor, study: readonly LoadInstance[]): Job {
    return studyJob(`${url}/study/${studyInstanceUidOf(study)}`, study);
  }

  instanceJob({ url }: Floor, instance: LoadInstance): Job {
    return instanceJob(`${url}/instance/${instance.sopInstanceUid}`, instance);
  }

  frameJob({ url }: Floor, instance: LoadInstance, frame: number): Job {
    const { offset = 0, pieces = [] } = instance.frames[frame - 1] ?? {};
    return frameJob(`${url}/frame/${instance.sopInstanceUid}/${offset}/${lengthOf(pieces)}`, instance, frame);
  }
}

function studyInstanceUidOf([first]: readonly LoadInstance[]): string {
  if (first === undefined) throw new Error('a study without instances');
  return first.studyInstanceUid;
}
