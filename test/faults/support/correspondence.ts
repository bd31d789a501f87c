/** A sender that brings instances of every kind, day by day, and remembers what it was told of each. */
import { storeMany, storeOne } from '../../support/dicomweb.ts';
import type { InstanceIds } from '../../support/made-instances.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { imageOf, type KeptNewcomer, keptNewcomer, type SentInstance } from './sent-instances.ts';

const INSTANCES_PER_SERIES = 3;

export class Correspondence {
  /** What should be found and retrieved, by SOP Instance UID. */
  readonly sent = new Map<string, SentInstance>();
  /** Corrections and contradictions that were told to be kept. */
  readonly kept: KeptNewcomer[] = [];
  /** SOP Instance UIDs of instances that are held back: their study belongs to another patient. */
  readonly heldBack: string[] = [];
  /** Verdicts other than those to be expected. */
  readonly unexpected: string[] = [];
  readonly #random: SeededRandom;
  readonly #studies: string[] = [];
  #day = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Instances of the last day. */
  ofLastDay(): SentInstance[] {
    return [...this.sent.values()].filter(({ round }) => round === this.#day);
  }

  /** A new study, more of the earlier ones, and of each of them a repeat, a correction, a contradiction and a stranger. */
  async sendOfEveryKind(url: string): Promise<void> {
    this.#day += 1;
    this.#studies.push(this.#random.uid());
    for (const study of this.#studies) {
      for (const series of [`${study}.1`, `${study}.2`]) await this.#sendSeries(url, study, series);
      const members = [...this.sent.values()].filter(({ studyInstanceUid }) => studyInstanceUid === study);
      await this.repeat(url, this.#random.pick(members));
      // An administrator may have given a UID to another image.
      const asMade = members.filter((one) => one.bytes.equals(imageOf(one, one.patientId)));
      await this.#correct(url, this.#random.pick(asMade));
      await this.#contradict(url, this.#random.pick(members));
      await this.#sendOfStranger(url, study);
    }
  }

  /** Sends it again, and expects plain success. */
  async repeat(url: string, { bytes }: SentInstance): Promise<void> {
    this.#expect('a repeat', undefined, await storeOne(url, bytes, { single: true }));
  }

  async #sendSeries(url: string, studyInstanceUid: string, seriesInstanceUid: string): Promise<void> {
    const patientId = patientOf(studyInstanceUid);
    const instances = Array.from({ length: INSTANCES_PER_SERIES }, (): SentInstance => {
      const ids = { studyInstanceUid, seriesInstanceUid, sopInstanceUid: this.#random.uid() };
      return { ...ids, patientId, round: this.#day, acknowledged: true, bytes: imageOf(ids, patientId) };
    });
    const { verdicts } = await storeMany(
      url,
      instances.map(({ bytes }) => bytes),
    );
    for (const verdict of verdicts) this.#expect('a new instance', undefined, verdict);
    for (const instance of instances) this.sent.set(instance.sopInstanceUid, instance);
  }

  async #correct(url: string, known: SentInstance): Promise<void> {
    const patientName = `Corrected^${this.#random.integer(0, 1_000_000)}`;
    await this.#bringNewcomer(
      url,
      known,
      'proposed-correction',
      imageOf(known, known.patientId, { patientName }),
    );
  }

  async #contradict(url: string, known: SentInstance): Promise<void> {
    const variant = this.#random.integer(1, 1_000_000);
    await this.#bringNewcomer(
      url,
      known,
      'duplicate-sop-instance',
      imageOf(known, known.patientId, { variant }),
    );
  }

  async #bringNewcomer(
    url: string,
    known: InstanceIds,
    kind: KeptNewcomer['kind'],
    bytes: Buffer,
  ): Promise<void> {
    this.#expect(`a newcomer`, kind, await storeOne(url, bytes));
    this.kept.push(keptNewcomer(kind, known, bytes));
  }

  async #sendOfStranger(url: string, studyInstanceUid: string): Promise<void> {
    const ids = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: this.#random.uid(),
    };
    this.#expect('a stranger', 'identity-conflict', await storeOne(url, imageOf(ids, 'P-stranger')));
    this.heldBack.push(ids.sopInstanceUid);
  }

  #expect(
    what: string,
    expected: string | undefined,
    { kind, reason }: { kind: string; reason: string | undefined },
  ) {
    if (reason === expected) return;
    this.unexpected.push(
      `day ${this.#day}: ${what} was ${kind} ${reason ?? ''} instead of ${expected ?? 'stored'}`,
    );
  }
}

function patientOf(studyInstanceUid: string): string {
  return `P-${studyInstanceUid.slice(-8)}`;
}
