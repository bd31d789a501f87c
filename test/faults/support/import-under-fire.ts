/**
 * An import that is killed again and again: what was sent, what of it was acknowledged, and whether the archive still
 * has it. Requests are those of scanners and gateways: one instance or several, over several connections at once,
 * repeats, corrected names, and now and then other content under a known SOP Instance UID.
 */
import { type StoreVerdict, storeMany, storeOne } from '../../support/dicomweb.ts';
import type { InstanceIds } from '../../support/made-instances.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { imageOf, type KeptNewcomer, keptNewcomer, type SentInstance } from './sent-instances.ts';

/** Studies that several rounds add to: their counts are contended. */
const SHARED_STUDIES = 4;
const ROUNDS_OF_A_STUDY = 8;
const CONNECTIONS = 6;

export class ImportUnderFire {
  /** By SOP Instance UID. */
  readonly sent = new Map<string, SentInstance>();
  readonly kept: KeptNewcomer[] = [];
  /** Verdicts that no import should get. */
  readonly unexpected: string[] = [];
  readonly #random: SeededRandom;
  #sharedStudies: readonly string[] = [];
  #round = 0;
  #answered = 0;
  #onAnswer: () => void = () => undefined;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Sends until the archive is gone. `enough` is called after so many answers, and at once for 0. */
  async pushUntilGone(url: string, answers: number, enough: () => Promise<void>): Promise<void> {
    if (this.#round % ROUNDS_OF_A_STUDY === 0) {
      this.#sharedStudies = Array.from({ length: SHARED_STUDIES }, () => this.#random.uid());
    }
    this.#round += 1;
    this.#answered = 0;
    let done: Promise<void> | undefined;
    this.#onAnswer = () => {
      if (this.#answered >= answers) done ??= enough();
    };
    const studies = [...this.#sharedStudies, this.#random.uid()];
    const connections = Array.from({ length: CONNECTIONS }, () => this.#connection(url, studies));
    this.#onAnswer();
    await Promise.all(connections);
    await done;
  }

  /** What was sent in the round that has just ended. */
  ofThisRound(): SentInstance[] {
    return [...this.sent.values()].filter(({ round }) => round === this.#round);
  }

  async #connection(url: string, studies: readonly string[]): Promise<void> {
    for (;;) {
      const answered = await this.#request(url, studies).then(
        () => true,
        (error: unknown) => {
          // fetch() tells every broken connection by a TypeError.
          if (error instanceof TypeError) return false;
          throw error;
        },
      );
      if (!answered) return;
      this.#answered += 1;
      this.#onAnswer();
    }
  }

  #request(url: string, studies: readonly string[]): Promise<void> {
    const choice = this.#random.next();
    const earlier = choice < 0.2 ? this.#anyAcknowledged() : undefined;
    if (earlier === undefined)
      return choice < 0.7 ? this.#sendOne(url, studies) : this.#sendSeveral(url, studies);
    if (choice < 0.1) return this.#repeat(url, earlier);
    return choice < 0.15 ? this.#correct(url, earlier) : this.#contradict(url, earlier);
  }

  async #sendOne(url: string, studies: readonly string[]): Promise<void> {
    const instance = this.#newInstance(this.#random.pick(studies));
    this.#note(await storeOne(url, instance.bytes, { single: true }));
  }

  async #sendSeveral(url: string, studies: readonly string[]): Promise<void> {
    const study = this.#random.pick(studies);
    const count = this.#random.integer(2, 6);
    const instances = Array.from({ length: count }, () => this.#newInstance(study));
    const { status, verdicts } = await storeMany(
      url,
      instances.map(({ bytes }) => bytes),
    );
    if (verdicts.length !== count)
      this.unexpected.push(`${verdicts.length} verdicts on ${count} parts (${status})`);
    for (const verdict of verdicts) this.#note(verdict);
  }

  async #repeat(url: string, earlier: SentInstance): Promise<void> {
    this.#note(await storeOne(url, earlier.bytes, { single: true }));
  }

  /** The same image under a corrected name: kept as a proposed correction (design §2.5c). */
  async #correct(url: string, earlier: SentInstance): Promise<void> {
    const patientName = `Corrected^${this.#random.integer(0, 1_000)}`;
    const bytes = imageOf(earlier, earlier.patientId, { patientName });
    this.#noteKept(await storeOne(url, bytes), earlier, bytes, 'proposed-correction');
  }

  /** Another image under the same UIDs: refused, kept in quarantine (design §2.5d). */
  async #contradict(url: string, earlier: SentInstance): Promise<void> {
    const bytes = imageOf(earlier, earlier.patientId, { variant: this.#random.integer(1, 1_000) });
    this.#noteKept(await storeOne(url, bytes), earlier, bytes, 'duplicate-sop-instance');
  }

  #note({ kind, reason, sopInstanceUid }: StoreVerdict): void {
    const instance = this.sent.get(sopInstanceUid ?? '');
    if (kind === 'stored' && reason === undefined && instance !== undefined) instance.acknowledged = true;
    else this.unexpected.push(`${kind} ${reason ?? ''} ${sopInstanceUid ?? 'without a UID'}`);
  }

  #noteKept(verdict: StoreVerdict, ids: InstanceIds, bytes: Buffer, kind: KeptNewcomer['kind']): void {
    if (verdict.reason !== kind)
      this.unexpected.push(`${verdict.kind} ${verdict.reason ?? ''} instead of ${kind}`);
    else this.kept.push(keptNewcomer(kind, ids, bytes));
  }

  #anyAcknowledged(): SentInstance | undefined {
    const known = [...this.sent.values()].filter(({ acknowledged }) => acknowledged);
    return known.length === 0 ? undefined : this.#random.pick(known);
  }

  #newInstance(studyInstanceUid: string): SentInstance {
    const seriesInstanceUid = `${studyInstanceUid}.${this.#random.integer(1, 3)}`;
    const ids = { studyInstanceUid, seriesInstanceUid, sopInstanceUid: this.#random.uid() };
    const patientId = `P-${studyInstanceUid.slice(-8)}`;
    const bytes = imageOf(ids, patientId);
    const instance = { ...ids, bytes, patientId, round: this.#round, acknowledged: false };
    this.sent.set(instance.sopInstanceUid, instance);
    return instance;
  }
}
