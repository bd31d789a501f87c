/** An archive and the model of it: what both are asked one after the other, and compared in after every command. */
import { createHash } from 'node:crypto';
import { DatabaseError } from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import {
  type Actor,
  adoptProposed,
  isDispositionError,
  proposeSchedule,
  resumeDispositions,
} from '@sandyq/disposition';
import { storeMany } from './dicomweb.ts';
import { executionPorts } from './disposing-archive.ts';
import { type RawElement, rawInstance } from './raw-instance.ts';
import { openRetentionArchive, type RetentionArchive, type RetentionTemplate } from './retention-archive.ts';
import type { Person, Sequence } from './retention-commands.ts';
import {
  type ModelSchedule,
  type ModelStudy,
  PATIENTS,
  presentIn,
  RetentionModel,
} from './retention-model.ts';
import { holdsOver, nameOf } from './retention-objections.ts';
import { observe } from './retention-observation.ts';
import { scheduleText, testSchedules } from './retention-schedules.ts';
import { StoredInstances } from './stored-instances.ts';

export const actors: Readonly<Record<Person, Actor>> = {
  anna: { principalId: 'anna', isOperator: true },
  boris: { principalId: 'boris', isOperator: true },
  clara: { principalId: 'clara', isOperator: true },
  terminal: { principalId: 'command-line:terminal', isOperator: false },
};

export class RetentionWorld {
  readonly here: RetentionArchive;
  readonly model: RetentionModel;
  readonly schedules: readonly ModelSchedule[];
  /** Of all versions: who proposed them first. */
  readonly proposers = new Map<string, string>();
  /** What a command has found wrong by itself. */
  readonly faults: string[] = [];
  #stored = StoredInstances.none;

  private constructor(here: RetentionArchive, model: RetentionModel) {
    this.here = here;
    this.model = model;
    this.schedules = testSchedules(model.startMs);
  }

  static async open(
    template: RetentionTemplate,
    { graceDays, studies }: Omit<Sequence, 'commands'>,
  ): Promise<RetentionWorld> {
    const here = await openRetentionArchive(template);
    const world = new RetentionWorld(here, new RetentionModel({ startMs: Date.now(), graceDays }));
    await world.adopt(0, { proposer: 'anna', adopter: 'boris' });
    for (const [at, { patient, kind, instances }] of studies.entries()) {
      const study = world.model.study(`2.25.5000.${at + 1}`, patient, kind);
      for (let number = 1; number <= instances; number += 1) await world.store(study, number);
    }
    return world;
  }

  /** What the functions of the archive take. */
  get ports() {
    const { archive } = this.here;
    const { graceDays, nowMs } = this.model;
    return executionPorts(archive, { graceDays, now: () => new Date(nowMs) });
  }

  /** What the archive refuses for a reason that it names is undefined. */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      const isRefused =
        isDispositionError(error) ||
        (error instanceof DatabaseError && (error.code === 'conflict' || error.code === 'not-found'));
      if (isRefused) return undefined;
      throw error;
    }
  }

  async adopt(
    which: number,
    { proposer, adopter }: { readonly proposer: Person; readonly adopter: Person },
  ): Promise<void> {
    const schedule = pick(this.schedules, which);
    const { ports } = this;
    await this.attempt(() => proposeSchedule(ports, scheduleText(schedule), actors[proposer]));
    if (!this.proposers.has(nameOf(schedule))) this.proposers.set(nameOf(schedule), proposer);
    const adopted = await this.attempt(() => adoptProposed(ports, schedule, actors[adopter]));
    if (adopted === undefined) return;
    this.demand(
      this.proposers.get(nameOf(schedule)) !== adopter,
      'a schedule was adopted by the one who proposed it',
    );
    this.model.adopted.push(schedule);
  }

  /** Sends an instance, for the first time or again. */
  async store(study: ModelStudy, number: number): Promise<void> {
    const { sopInstanceUid, bytes } = instanceOf(study, number);
    const { sender, device } = this.here.template;
    const answer = await storeMany(this.here.url, [bytes], study.kind === 'before-device' ? device : sender);
    const [verdict] = answer.verdicts;
    const known = study.instances.get(sopInstanceUid);
    const isRejected = this.isRejected(sopInstanceUid);
    if (known?.isGone === true || isRejected) study.isQuarantined = true;
    if (known?.isGone === true) known.isSentAgain = true;
    if (known !== undefined) {
      const isRefused = known.isGone || isRejected;
      this.demand(
        (verdict?.kind === 'stored') !== isRefused,
        `${sopInstanceUid} was sent again: ${verdict?.reason}`,
      );
      return;
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (verdict?.kind === 'stored')
      study.instances.set(sopInstanceUid, { sopInstanceUid, sha256, isGone: false, isSentAgain: false });
    else
      this.demand(
        this.isGoing(study),
        `${sopInstanceUid} was not stored: ${answer.status} ${verdict?.reason}`,
      );
  }

  private isRejected(sopInstanceUid: string): boolean {
    const rejections = [...this.model.rejections.values()];
    return rejections.some(({ isRestored, instances }) => !isRestored && instances.has(sopInstanceUid));
  }

  private isGoing({ uid }: ModelStudy): boolean {
    return [...this.model.purges.values()].some(({ study }) => study === uid);
  }

  demand(isSo: boolean, fault: string): void {
    if (!isSo) this.faults.push(fault);
  }

  /** Everything that is wrong. */
  async compare(): Promise<string[]> {
    const { database, store } = this.here.archive;
    const now = await StoredInstances.in(store, this.#stored);
    const observed = await observe(database, this.model, { before: this.#stored, now });
    this.#stored = now;
    return [...this.faults, ...observed];
  }

  /** What was begun is ended, unless a hold keeps it; all that is left is read again. */
  async end(): Promise<string[]> {
    await resumeDispositions(this.ports);
    this.#stored = StoredInstances.none;
    const faults = await this.compare();
    for (const { study: uid, instances } of this.model.purges.values()) {
      const study = this.model.studies.get(uid);
      if (study === undefined || holdsOver(this.model, study).length > 0) continue;
      const left = [...presentIn(study)].filter((instance) => instances.has(instance));
      if (left.length > 0) faults.push(`the purge of ${uid} was begun and cannot be ended`);
    }
    return faults;
  }
}

/** One of them, whatever the number; there is one at least. */
export function pick<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** Two series, odd and even. The same number is the same bytes. */
export function instanceOf({ uid, patient, studyDate, birthDate }: ModelStudy, number: number) {
  const seriesInstanceUid = `${uid}.${(number % 2) + 1}`;
  const sopInstanceUid = `${seriesInstanceUid}.${number}`;
  const { patientId, name } = PATIENTS[patient];
  const elements: RawElement[] = [
    [Tags.PatientID, 'LO', patientId],
    [Tags.PatientName, 'PN', name],
    [Tags.PatientBirthDate, 'DA', birthDate?.replaceAll('-', '') ?? ''],
    [Tags.StudyDate, 'DA', studyDate?.replaceAll('-', '') ?? ''],
    [Tags.Modality, 'CS', 'CT'],
    [Tags.InstanceNumber, 'IS', String(number)],
  ];
  const bytes = rawInstance({ studyInstanceUid: uid, seriesInstanceUid, sopInstanceUid }, elements);
  return { seriesInstanceUid, sopInstanceUid, bytes };
}
