/**
 * One multi-frame instance, too long to be held, into the archive and out of it, while the resident memory of the
 * serving process is watched. Every byte that comes back is checked by its SHA-256.
 */
import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type InstanceIds, nativeImageHead } from '../support/made-instances.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { residentBytes, watchResidentMemory } from './resident-memory.ts';

const ROWS = 512;
const COLUMNS = 512;
const FRAME_BYTES = ROWS * COLUMNS * 2;

/** What was measured of one transfer. */
export interface LargeTransfer {
  readonly what: string;
  readonly bytes: number;
  readonly seconds: number;
  /** Most resident memory during the transfer, less that before the first, in bytes. */
  readonly growthBytes: number;
}

export interface LargeObjectOptions {
  readonly url: string;
  /** The process that receives and sends. */
  readonly pid: number;
  readonly frames: number;
}

/** Times of single frames, in milliseconds. */
export interface FrameLatency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Everything that was measured of one instance, stored once in each form of a request. */
export interface LargeObjectReport {
  readonly transfers: readonly LargeTransfer[];
  readonly frames: FrameLatency;
}

const FRAMES_ASKED_FOR = 200;

/** Warms the process up with a small instance, then moves the large one in and out. Throws if any byte comes back wrong. */
export async function moveLargeObject({ url, pid, frames }: LargeObjectOptions): Promise<LargeObjectReport> {
  await new LargeObject(url, 16, 1).move(() => undefined);
  const before = residentBytes(pid);
  const transfers: LargeTransfer[] = [];
  const around: Around = (what, run) => measure({ what, pid, before, transfers }, run);
  await new LargeObject(url, frames, 2).move(around);
  const object = new LargeObject(url, frames, 3, true);
  await object.move(around);
  return { transfers, frames: await object.timeFrames(FRAMES_ASKED_FOR) };
}

interface Measurement {
  readonly what: string;
  readonly pid: number;
  readonly before: number;
  readonly transfers: LargeTransfer[];
}

async function measure(
  { what, pid, before, transfers }: Measurement,
  run: () => Promise<number>,
): Promise<void> {
  const watch = watchResidentMemory(pid);
  const startedAt = performance.now();
  const bytes = await run();
  const seconds = (performance.now() - startedAt) / 1_000;
  transfers.push({ what, bytes, seconds, growthBytes: watch.stop() - before });
}

type Around = (what: string, run: () => Promise<number>) => Promise<void> | undefined;

class LargeObject {
  readonly #url: string;
  readonly #frames: number;
  readonly #multipart: boolean;
  readonly #ids: InstanceIds;
  readonly #head: Buffer;
  readonly #frame: Buffer;

  constructor(url: string, frames: number, seed: number, multipart = false) {
    const random = new SeededRandom(seed);
    this.#url = url;
    this.#frames = frames;
    this.#multipart = multipart;
    this.#ids = {
      studyInstanceUid: random.uid(),
      seriesInstanceUid: random.uid(),
      sopInstanceUid: random.uid(),
    };
    this.#head = Buffer.concat(nativeImageHead(this.#ids, { rows: ROWS, columns: COLUMNS, frames }));
    this.#frame = random.bytes(FRAME_BYTES);
  }

  async move(around: Around): Promise<void> {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = this.#ids;
    const instance = `/dicom-web/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
    const stored = { accept: 'application/dicom; transfer-syntax=*' };
    const raw = { accept: 'application/octet-stream; transfer-syntax=*' };
    const run = async (what: string, transfer: () => Promise<number>) => {
      await (around(what, transfer) ?? transfer());
    };
    await run(this.#multipart ? 'store, multipart' : 'store, single part', () => this.#store());
    const original = `/originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
    const [whole, pixels] = [this.#digest(this.#head), this.#digest(Buffer.alloc(0))];
    await run('original', () => this.#fetch(original, {}, whole));
    await run('instance', () => this.#fetch(instance, stored, whole));
    await run('all frames', () => this.#fetch(`${instance}/bulkdata/7FE00010`, raw, pixels));
    await run('last frame', () => this.#fetchFrame(this.#frames - 1));
  }

  /** Asks for frames at random, one after the other. */
  async timeFrames(count: number): Promise<FrameLatency> {
    const random = new SeededRandom(this.#frames);
    const latencies: number[] = [];
    for (let asked = 0; asked < count; asked += 1) {
      const frame = random.integer(0, this.#frames);
      const startedAt = performance.now();
      await this.#fetchFrame(frame);
      latencies.push(performance.now() - startedAt);
    }
    latencies.sort((left, right) => left - right);
    const at = (share: number) => latencies[Math.floor((count - 1) * share)] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99) };
  }

  #fetchFrame(index: number): Promise<number> {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = this.#ids;
    const frames = `/dicom-web/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}/frames`;
    const digest = createHash('sha256').update(this.#frameAt(index)).digest('hex');
    return this.#fetch(
      `${frames}/${index + 1}`,
      { accept: 'application/octet-stream; transfer-syntax=*' },
      digest,
    );
  }

  async #store(): Promise<number> {
    const boundary = 'large';
    const opening = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
    const closing = Buffer.from(`\r\n--${boundary}--\r\n`);
    const contentType = this.#multipart
      ? `multipart/related; type="application/dicom"; boundary=${boundary}`
      : 'application/dicom';
    const post = request(`${this.#url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'content-type': contentType, accept: 'application/dicom+json' },
    });
    const answered = new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      post.once('error', reject).once('response', (response) => {
        const chunks: string[] = [];
        response.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
        response.once('end', () => resolve({ status: response.statusCode, text: chunks.join('') }));
      });
    });
    const source = this.#multipart ? this.#between(opening, closing) : this.#bytes();
    await pipeline(source, post);
    const { status, text } = await answered;
    if (status !== 200) throw new Error(`the instance was not stored: ${status} ${text.slice(0, 500)}`);
    return this.#head.length + this.#frames * FRAME_BYTES;
  }

  /** Reads to the end, checks the digest, and returns the bytes. */
  async #fetch(path: string, headers: Record<string, string>, digest: string): Promise<number> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${this.#url}${path}`, { headers }, resolve).once('error', reject).end();
    });
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
    if (hash.digest('hex') !== digest) throw new Error(`${path}: wrong bytes`);
    return bytes;
  }

  async *#bytes(): AsyncGenerator<Buffer> {
    yield this.#head;
    for (let index = 0; index < this.#frames; index += 1) yield this.#frameAt(index);
  }

  /** No two frames are equal: each begins with its number. */
  #frameAt(index: number): Buffer {
    const frame = Buffer.from(this.#frame);
    frame.writeUInt32LE(index, 0);
    return frame;
  }

  async *#between(opening: Buffer, closing: Buffer): AsyncGenerator<Buffer> {
    yield opening;
    yield* this.#bytes();
    yield closing;
  }

  /** Of all frames, with this before them. */
  #digest(head: Buffer): string {
    const hash = createHash('sha256').update(head);
    for (let index = 0; index < this.#frames; index += 1) hash.update(this.#frameAt(index));
    return hash.digest('hex');
  }
}
