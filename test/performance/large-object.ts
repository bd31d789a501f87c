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

/** Warms the process up with a small instance, then moves the large one in and out. Throws if any byte comes back wrong. */
export async function moveLargeObject({ url, pid, frames }: LargeObjectOptions): Promise<LargeTransfer[]> {
  await new LargeObject(url, 16, 1).move(() => undefined);
  const before = residentBytes(pid);
  const transfers: LargeTransfer[] = [];
  for (const multipart of [false, true]) {
    const object = new LargeObject(url, frames, multipart ? 3 : 2, multipart);
    await object.move((what, run) => measure({ what, pid, before, transfers }, run));
  }
  return transfers;
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
    await run('original', () =>
      this.#fetch(
        `/originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`,
        {},
        this.#wholeDigest(),
      ),
    );
    await run('instance', () => this.#fetch(instance, stored, undefined));
    await run('pixel data', () => this.#fetch(`${instance}/bulkdata/7FE00010`, raw, this.#pixelDigest()));
    await run('last frame', () =>
      this.#fetch(`${instance}/frames/${this.#frames}`, raw, sha256(this.#frame)),
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

  /** Reads to the end, checks the digest if there is one to expect, and returns the bytes. */
  async #fetch(path: string, headers: Record<string, string>, digest: string | undefined): Promise<number> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${this.#url}${path}`, { headers }, resolve).once('error', reject).end();
    });
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (digest !== undefined) hash.update(chunk);
      bytes += chunk.length;
    }
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
    if (digest !== undefined && hash.digest('hex') !== digest) throw new Error(`${path}: wrong bytes`);
    return bytes;
  }

  async *#bytes(): AsyncGenerator<Buffer> {
    yield this.#head;
    for (let frame = 0; frame < this.#frames; frame += 1) yield this.#frame;
  }

  async *#between(opening: Buffer, closing: Buffer): AsyncGenerator<Buffer> {
    yield opening;
    yield* this.#bytes();
    yield closing;
  }

  #pixelDigest(): string {
    const hash = createHash('sha256');
    for (let frame = 0; frame < this.#frames; frame += 1) hash.update(this.#frame);
    return hash.digest('hex');
  }

  #wholeDigest(): string {
    const hash = createHash('sha256').update(this.#head);
    for (let frame = 0; frame < this.#frames; frame += 1) hash.update(this.#frame);
    return hash.digest('hex');
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
