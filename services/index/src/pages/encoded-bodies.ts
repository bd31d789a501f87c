/** Bodies of files that never change, compressed once and kept in memory up to a limit; the least recently used leave first. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Content codings that are offered (RFC 9110 §8.4.1), best first. */
export const ENCODINGS = ['br', 'gzip', 'identity'] as const;
/** One of {@link ENCODINGS}. */
export type Encoding = (typeof ENCODINGS)[number];

/** Most bytes of bodies that are kept. */
const LIMIT_BYTES = 48 * 1024 * 1024;
const BROTLI_QUALITY = 5;
const GZIP_LEVEL = 6;

/** The best coding that the client takes (RFC 9110 §12.5.3). */
export function chooseEncoding(acceptEncoding: string | undefined): Encoding {
  const weights = new Map<string, number>();
  for (const part of (acceptEncoding ?? '').toLowerCase().split(',').slice(0, 20)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((text) => text.startsWith('q='))?.slice(2);
    if (name !== '') weights.set(name, quality === undefined ? 1 : Number(quality) || 0);
  }
  const weightOf = (encoding: string) => weights.get(encoding) ?? weights.get('*') ?? 0;
  return ENCODINGS.find((encoding) => encoding !== 'identity' && weightOf(encoding) > 0) ?? 'identity';
}

/** The cache. Bodies are made one after another, each once for all who wait for it. */
export class EncodedBodies {
  readonly #limitBytes: number;
  readonly #kept = new Map<string, Buffer>();
  readonly #making = new Map<string, Promise<Buffer>>();
  #keptBytes = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limitBytes = LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are kept now; never more than the limit. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** The body of a file in a coding; `read` gives it uncoded and is asked only if it is not kept. */
  async get(name: string, encoding: Encoding, read: () => Promise<Buffer>): Promise<Buffer> {
    const key = `${encoding}:${name}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const making = this.#making.get(key) ?? this.#make(key, encoding, read);
    this.#making.set(key, making);
    return making;
  }

  #make(key: string, encoding: Encoding, read: () => Promise<Buffer>): Promise<Buffer> {
    const made = this.#last.then(async () => encode(await read(), encoding));
    this.#last = made.then(
      (body) => this.#keep(key, body),
      () => this.#making.delete(key),
    );
    return made;
  }

  #keep(key: string, body: Buffer): void {
    this.#making.delete(key);
    if (body.length > this.#limitBytes) return;
    this.#kept.set(key, body);
    this.#keptBytes += body.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= this.#limitBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
  }
}

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

async function encode(body: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'identity') return body;
  if (encoding === 'gzip') return compressGzip(body, { level: GZIP_LEVEL });
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
  };
  return compressBrotli(body, { params });
}
