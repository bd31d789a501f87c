/**
 * Senders and readers that go on whatever happens, as those of hospitals do: who gets no answer or 503 tries again
 * later, and everything else that is not right is noted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type StoreAnswer, type StoreVerdict, store } from '../../support/dicomweb.ts';
import { encodeMultipart } from '../../support/multipart.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { type Entry, type Ledger, sha256Of } from './ledger.ts';
import { imageOf, type KeptNewcomer, keptNewcomer } from './sent-instances.ts';

/** How many of each, and how long they rest between requests. */
const SENDERS = 4;
const READERS = 2;
const LONGEST_REST_MS = 60;
/** An answer must come within this time, whatever is broken. */
const ANSWER_LIMIT_MS = 60_000;
const COME_BACK_MS = 150;
/** While no process runs: nobody listens there. */
const NOBODY = 'http://127.0.0.1:9';

/** What a sender is told of one instance. */
type Told = StoreVerdict & { readonly status: number };

export class Traffic {
  readonly #ledger: Ledger;
  readonly #random: SeededRandom;
  readonly #urls: () => readonly string[];
  #isOver = false;
  #resting: Promise<void> | undefined;
  #active = 0;
  #everybody: Promise<unknown> = Promise.resolve();

  /** `urls`: processes that may be asked; one that is gone is no fault. */
  constructor(ledger: Ledger, random: SeededRandom, urls: () => readonly string[]) {
    this.#ledger = ledger;
    this.#random = random;
    this.#urls = urls;
  }

  begin(): void {
    this.#everybody = Promise.all([
      ...Array.from({ length: SENDERS }, () => this.#goOn(() => this.#send())),
      ...Array.from({ length: READERS }, () => this.#goOn(() => this.#read())),
    ]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#everybody;
  }

  /** Runs the work while nobody asks anything. */
  async whileQuiet<Result>(work: () => Promise<Result>): Promise<Result> {
    const rest = Promise.withResolvers<void>();
    this.#resting = rest.promise;
    try {
      while (this.#active > 0) await sleep(5);
      return await work();
    } finally {
      this.#resting = undefined;
      rest.resolve();
    }
  }

  /** Sends one new instance until it is acknowledged. */
  async storeForSure(url: string, deadline: number): Promise<Entry> {
    const { entry, bytes } = this.#ledger.newInstance();
    for (;;) {
      const told = await this.#tell(url, bytes);
      if (told !== undefined) this.#noteNew(entry, told);
      if (entry.acknowledgedIn !== undefined) return entry;
      if (performance.now() > deadline)
        throw new Error(`${url} takes nothing: ${told?.status ?? 'no answer'}`);
      await sleep(COME_BACK_MS);
    }
  }

  async #goOn(request: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await this.#resting;
      this.#active += 1;
      try {
        await request();
      } finally {
        this.#active -= 1;
      }
      await sleep(this.#random.integer(0, LONGEST_REST_MS));
    }
  }

  #send(): Promise<void> {
    const choice = this.#random.next();
    const known = choice < 0.2 ? this.#ledger.anyAcknowledged() : undefined;
    if (known === undefined) return choice < 0.75 ? this.#sendOne() : this.#sendSeveral();
    if (choice < 0.1) return this.#repeat(known);
    return choice < 0.15 ? this.#correct(known) : this.#contradict(known);
  }

  async #sendOne(): Promise<void> {
    const { entry, bytes } = this.#ledger.newInstance();
    const told = await this.#tell(this.#anyUrl(), bytes);
    if (told !== undefined) this.#noteNew(entry, told);
  }

  async #sendSeveral(): Promise<void> {
    const study = this.#ledger.anyStudy();
    const made = Array.from({ length: this.#random.integer(2, 6) }, () => this.#ledger.newInstance(study));
    for (const told of await this.#tellOf(
      this.#anyUrl(),
      made.map(({ bytes }) => bytes),
    )) {
      const entry = this.#ledger.entries.get(told.sopInstanceUid ?? '');
      if (entry !== undefined) this.#noteNew(entry, told);
      else if (!isTrouble(told)) this.#ledger.note('false verdict', `${told.reason} without a known UID`);
    }
  }

  #noteNew(entry: Entry, told: Told): void {
    if (told.kind === 'stored' && told.reason === undefined) this.#ledger.acknowledge(entry);
    else if (!isTrouble(told)) {
      this.#ledger.note(
        'false refusal',
        `${entry.sopInstanceUid}: ${told.kind} ${told.reason} (${told.status})`,
      );
    }
  }

  async #repeat(known: Entry): Promise<void> {
    const told = await this.#tell(this.#anyUrl(), imageOf(known, known.patientId));
    if (told === undefined || isTrouble(told)) return;
    if (told.kind !== 'stored' || told.reason !== undefined) this.#noteVerdict(known, 'plain success', told);
  }

  #correct(known: Entry): Promise<void> {
    const patientName = `Corrected^${this.#random.integer(0, 1_000_000)}`;
    return this.#bring(known, 'proposed-correction', imageOf(known, known.patientId, { patientName }));
  }

  #contradict(known: Entry): Promise<void> {
    const variant = this.#random.integer(1, 1_000_000);
    return this.#bring(known, 'duplicate-sop-instance', imageOf(known, known.patientId, { variant }));
  }

  async #bring(known: Entry, kind: KeptNewcomer['kind'], bytes: Buffer): Promise<void> {
    const { round } = this.#ledger;
    const told = await this.#tell(this.#anyUrl(), bytes);
    if (told === undefined || isTrouble(told)) return;
    if (told.reason !== kind) this.#noteVerdict(known, kind, told);
    else this.#ledger.kept.push({ ...keptNewcomer(kind, known, bytes), round, destroyedIn: undefined });
  }

  #noteVerdict(known: Entry, expected: string, told: Told): void {
    if (known.destroyedIn !== undefined) return;
    const got = `${told.kind} ${told.reason ?? ''} (${told.status})`;
    this.#ledger.note('false verdict', `${known.sopInstanceUid}: ${got} instead of ${expected}`);
  }

  async #read(): Promise<void> {
    const entry = this.#ledger.anyAcknowledged();
    if (entry === undefined) return;
    const mightForget = this.#ledger.mayForget;
    const answer = await this.#answered((signal) => fetchOriginal(this.#anyUrl(), entry, signal));
    if (answer?.status === 503) this.#ledger.noteTurnedAway();
    if (answer === undefined || answer.status === 503) return;
    if (answer.status === 200) {
      if (answer.sha256 !== entry.sha256) this.#ledger.note('wrong bytes served', entry.sopInstanceUid);
    } else if (entry.destroyedIn === undefined && !mightForget && !this.#ledger.mayForget) {
      const { status, body } = answer;
      this.#ledger.note('not found', `${entry.sopInstanceUid} of round ${entry.round}: ${status} ${body}`);
    }
  }

  /** What is said of one instance; undefined if nothing was. */
  async #tell(url: string, bytes: Buffer): Promise<Told | undefined> {
    const [told] = await this.#tellOf(url, [bytes]);
    return told;
  }

  async #tellOf(url: string, instances: readonly Buffer[]): Promise<Told[]> {
    const [only] = instances;
    const isSingle = instances.length === 1 && this.#random.next() < 0.5;
    const { contentType, body } =
      isSingle && only !== undefined
        ? { contentType: 'application/dicom', body: only }
        : encodeMultipart(instances);
    const answer = await this.#answered((signal) =>
      store(url, body, { 'Content-Type': contentType }, signal),
    );
    if (answer === undefined) return [];
    if (answer.status === 503) await this.#comeBack(answer);
    else if (answer.verdicts.length !== instances.length) {
      this.#ledger.note(
        'false refusal',
        `${answer.verdicts.length} verdicts on ${instances.length} (${answer.status})`,
      );
    }
    return answer.verdicts.map((verdict) => ({ ...verdict, status: answer.status }));
  }

  async #comeBack({ retryAfter }: StoreAnswer): Promise<void> {
    this.#ledger.noteTurnedAway();
    if (!(Number(retryAfter) > 0)) this.#ledger.note('no time to come back', `Retry-After: ${retryAfter}`);
    await sleep(COME_BACK_MS);
  }

  async #answered<Answer>(ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer | undefined> {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    try {
      return await ask(signal);
    } catch (error) {
      if (signal.aborted) this.#ledger.note('never answered', `within ${ANSWER_LIMIT_MS} ms`);
      // How fetch() tells a connection that broke.
      else if (!(error instanceof TypeError)) throw error;
      this.#ledger.noteTurnedAway();
      await sleep(COME_BACK_MS);
      return undefined;
    }
  }

  #anyUrl(): string {
    const urls = this.#urls();
    return urls.length === 0 ? NOBODY : this.#random.pick(urls);
  }
}

/** The archive says that it could not look at it. */
function isTrouble({ reason }: StoreVerdict): boolean {
  return reason === 'storage-unavailable' || reason === 'out-of-resources';
}

/** The received bytes of an instance, as their SHA-256; `body`: what was said instead of them. */
export async function fetchOriginal(
  url: string,
  { studyInstanceUid, seriesInstanceUid, sopInstanceUid }: Entry,
  signal?: AbortSignal,
): Promise<{ readonly status: number; readonly sha256: string; readonly body: string }> {
  const path = `originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
  const answer = await fetch(`${url}/${path}`, signal && { signal });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const body = answer.status === 200 ? '' : bytes.toString();
  return { status: answer.status, sha256: sha256Of(bytes), body };
}
