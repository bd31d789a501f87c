/**
 * Many scanners that push at once, while a radiologist asks for the worklist and for frames: what the archive holds in
 * memory and in the spool, how often it turns senders away, and how long the radiologist waits, then and when it is idle.
 */
import { readdir, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type InstanceIds, makeNativeImage, nativeImageHead } from '../support/made-instances.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { residentBytes, watchResidentMemory } from './resident-memory.ts';

/** What to push where. */
export interface ManyPushesOptions {
  readonly url: string;
  /** The process that receives. */
  readonly pid: number;
  /** Its spool. */
  readonly spoolFolder: string;
  /** Pushes at the same time, each of one instance. */
  readonly pushes: number;
  /** Of each, about. */
  readonly bytes: number;
  /** Studies that are there before, for the worklist. */
  readonly studies: number;
  /** How often the radiologist asks while it is idle. */
  readonly idleQuestions: number;
}

/** Waits, in milliseconds. */
export interface Latency {
  readonly asked: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What was measured. */
export interface ManyPushesReport {
  readonly pushes: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Resident memory before, and the most there was. */
  readonly residentBytes: { readonly before: number; readonly most: number };
  readonly mostSpoolBytes: number;
  readonly mostInFlightBytes: number;
  readonly mostRequestsInFlight: number;
  /** Answers of 503; each was tried again after its Retry-After. */
  readonly turnedAway: number;
  readonly idle: { readonly worklist: Latency; readonly frame: Latency };
  readonly meanwhile: { readonly worklist: Latency; readonly frame: Latency };
}

const ROWS = 512;
const FRAME_BYTES = ROWS * ROWS * 2;
const SAMPLE_MS = 50;
/** A radiologist asks as often. */
const BETWEEN_QUESTIONS_MS = 25;

/** Throws if a push is refused for good, a question fails, or the archive holds something at the end. */
export async function pushMany(options: ManyPushesOptions): Promise<ManyPushesReport> {
  const random = new SeededRandom(options.pushes);
  const radiologist = await Radiologist.prepare(options, random);
  const idle = await radiologist.ask((asked) => asked >= options.idleQuestions);
  const before = residentBytes(options.pid);
  const memory = watchResidentMemory(options.pid);
  const watch = new Watch(options);
  const startedAt = performance.now();
  let isOver = false;
  const asking = radiologist.ask(() => isOver);
  const pushing = Promise.all(Array.from({ length: options.pushes }, () => pushUntilStored(options, random)));
  const retries = await pushing.finally(() => {
    isOver = true;
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const meanwhile = await asking;
  return {
    pushes: options.pushes,
    bytes: options.bytes,
    seconds,
    residentBytes: { before, most: memory.stop() },
    ...(await watch.stop()),
    turnedAway: retries.reduce((sum, count) => sum + count, 0),
    idle,
    meanwhile,
  };
}

/** Returns how often it was turned away. */
async function pushUntilStored({ url, bytes }: ManyPushesOptions, random: SeededRandom): Promise<number> {
  const ids = newIds(random);
  for (let turnedAway = 0; ; turnedAway += 1) {
    const { status, retryAfterSeconds } = await push(url, ids, bytes);
    if (status === 200) return turnedAway;
    if (status !== 503 || !(retryAfterSeconds > 0)) throw new Error(`a push was answered ${status}`);
    await sleep(retryAfterSeconds * 1_000);
  }
}

async function push(url: string, ids: InstanceIds, bytes: number) {
  const frames = Math.max(2, Math.round(bytes / FRAME_BYTES));
  const head = Buffer.concat(nativeImageHead(ids, { rows: ROWS, columns: ROWS, frames }));
  const post = request(`${url}/dicom-web/studies`, {
    method: 'POST',
    headers: {
      'content-type': 'application/dicom',
      'content-length': head.length + frames * FRAME_BYTES,
      accept: 'application/dicom+json',
    },
  });
  const answered = new Promise<{ status: number | undefined; retryAfterSeconds: number }>(
    (resolve, reject) => {
      post.once('error', reject).once('response', (answer) => {
        const retryAfterSeconds = Number(answer.headers['retry-after']);
        answer.resume().once('close', () => resolve({ status: answer.statusCode, retryAfterSeconds }));
      });
    },
  );
  // A sender that is turned away need not get rid of all of it.
  pipeline(Readable.from(bodyOf(head, frames)), post).catch(() => undefined);
  return answered;
}

/** The same pixels for everybody: instances differ by their UIDs. */
const FRAME = new SeededRandom(1).bytes(FRAME_BYTES);

async function* bodyOf(head: Buffer, frames: number): AsyncGenerator<Buffer> {
  yield head;
  for (let frame = 0; frame < frames; frame += 1) yield FRAME;
}

function newIds(random: SeededRandom): InstanceIds {
  const studyInstanceUid = random.uid();
  return {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.1`,
  };
}

/** Asks for the newest CT studies of a quarter, and for frames, in turn. */
class Radiologist {
  readonly #url: string;
  readonly #random: SeededRandom;
  readonly #studies: readonly InstanceIds[];

  private constructor(url: string, random: SeededRandom, studies: readonly InstanceIds[]) {
    this.#url = url;
    this.#random = random;
    this.#studies = studies;
  }

  /** Stores the studies of the worklist. */
  static async prepare({ url, studies }: ManyPushesOptions, random: SeededRandom): Promise<Radiologist> {
    const ids = Array.from({ length: studies }, () => newIds(random));
    const queue = ids.values();
    const sender = async (): Promise<void> => {
      for (const each of queue) {
        const { bytes } = makeNativeImage(each, { rows: ROWS, columns: ROWS, pixels: FRAME });
        const headers = { 'content-type': 'application/dicom' };
        const answer = await fetch(`${url}/dicom-web/studies`, {
          method: 'POST',
          headers,
          body: new Uint8Array(bytes),
        });
        await answer.arrayBuffer();
        if (answer.status !== 200) throw new Error(`a study was answered ${answer.status}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, sender));
    return new Radiologist(url, random, ids);
  }

  async ask(isEnough: (asked: number) => boolean): Promise<{ worklist: Latency; frame: Latency }> {
    const [worklist, frame]: [number[], number[]] = [[], []];
    while (!isEnough(worklist.length)) {
      worklist.push(await this.#timed(this.#worklist(), 'application/dicom+json'));
      frame.push(await this.#timed(this.#frame(), 'application/octet-stream; transfer-syntax=*'));
      await sleep(BETWEEN_QUESTIONS_MS);
    }
    return { worklist: latencyOf(worklist), frame: latencyOf(frame) };
  }

  #worklist(): string {
    return '/dicom-web/studies?StudyDate=20260101-20260331&ModalitiesInStudy=CT&limit=50';
  }

  #frame(): string {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = this.#random.pick(this.#studies);
    return `/dicom-web/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}/frames/1`;
  }

  async #timed(path: string, accept: string): Promise<number> {
    const startedAt = performance.now();
    const answer = await fetch(`${this.#url}${path}`, { headers: { accept } });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
    return performance.now() - startedAt;
  }
}

function latencyOf(milliseconds: number[]): Latency {
  milliseconds.sort((left, right) => left - right);
  const at = (share: number): number => milliseconds[Math.floor((milliseconds.length - 1) * share)] ?? 0;
  return { asked: milliseconds.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Looks at the spool and at what the archive says of itself, again and again. */
class Watch {
  readonly #options: ManyPushesOptions;
  readonly #looking: Promise<void>;
  #isOver = false;
  #mostSpoolBytes = 0;
  #mostInFlightBytes = 0;
  #mostRequestsInFlight = 0;

  constructor(options: ManyPushesOptions) {
    this.#options = options;
    this.#looking = this.#look();
  }

  async stop() {
    this.#isOver = true;
    await this.#looking;
    const { bytes, requests } = await this.#held();
    const left = await spoolBytes(this.#options.spoolFolder);
    if (bytes + requests + left > 0) {
      throw new Error(`held at the end: ${bytes} bytes, ${requests} requests, ${left} bytes in the spool`);
    }
    return {
      mostSpoolBytes: this.#mostSpoolBytes,
      mostInFlightBytes: this.#mostInFlightBytes,
      mostRequestsInFlight: this.#mostRequestsInFlight,
    };
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const [{ bytes, requests }, spool] = await Promise.all([
        this.#held(),
        spoolBytes(this.#options.spoolFolder),
      ]);
      this.#mostInFlightBytes = Math.max(this.#mostInFlightBytes, bytes);
      this.#mostRequestsInFlight = Math.max(this.#mostRequestsInFlight, requests);
      this.#mostSpoolBytes = Math.max(this.#mostSpoolBytes, spool);
      await sleep(SAMPLE_MS);
    }
  }

  async #held(): Promise<{ bytes: number; requests: number }> {
    const text = await (await fetch(`${this.#options.url}/metrics`)).text();
    const value = (name: string): number =>
      Number(new RegExp(`^sandyq_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    return { bytes: value('store_in_flight_bytes'), requests: value('store_requests_in_flight') };
  }
}

/**
 * What was in the spool at one moment: of files that are there before and after they are looked at. Files only grow, so
 * it was this much at least. A file has two names while it is sealed.
 */
async function spoolBytes(folder: string): Promise<number> {
  const looks = await Promise.all(
    (await spoolFiles(folder)).map(async (file) => [file, await stat(file).catch(() => undefined)] as const),
  );
  const still = new Set(await spoolFiles(folder));
  const sizes = new Map<number, number>();
  for (const [file, found] of looks) if (found && still.has(file)) sizes.set(found.ino, found.size);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function spoolFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'owner.json')
    .map((entry) => join(entry.parentPath, entry.name));
}
