// The `metadata` entry: one line of DICOM JSON per entry, in ordinal order, as one gzip member (RFC 1952).
import { once } from 'node:events';
import { promisify } from 'node:util';
import { createGzip, type Gzip, gunzip, gzip, gzipSync } from 'node:zlib';
import { StorageError } from '../errors.ts';
import type { EntryRole } from './entry-name.ts';

/** Most bytes of metadata in a segment, before compression. */
export const maximumMetadataBytes = 256 * 1024 * 1024;

/** Lines gather up to this many bytes before a compressor is set up for the segment. */
const gatheredBytes = 256 * 1024;

/** So few are compressed at once: handing them to another thread takes longer. Less than a millisecond. */
const bytesAtOnce = 64 * 1024;

/** The fastest: the pixels beside them are a hundred times longer. */
const compression = { level: 1 };

const lineFeed = 0x0a;

/** Gathers and compresses the lines of a segment that is being written. */
export class MetadataLines {
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #rawBytes = 0;
  #gzip: Gzip | undefined;
  #compressed: Buffer[] = [];

  /** Bytes of metadata so far, before compression. */
  get rawBytes(): number {
    return this.#rawBytes;
  }

  /** Throws `invalid-argument` unless `line` is one line of JSON, `null` for a received part, and still has room. */
  assertLine(line: Uint8Array, role: EntryRole): void {
    const isNull = Buffer.from(line.subarray(0, 5)).toString('latin1') === 'null';
    if (line.length === 0 || line.includes(lineFeed) || isNull !== (role === 'received')) {
      throw new StorageError('invalid-argument', 'the metadata of an instance are one line of JSON');
    }
    if (this.#rawBytes + line.length + 1 > maximumMetadataBytes) {
      throw new StorageError(
        'invalid-argument',
        `the metadata of a segment are at most ${maximumMetadataBytes} bytes`,
      );
    }
  }

  /** Adds the line of the next entry, one that {@link assertLine} let pass. */
  async add(line: Uint8Array): Promise<void> {
    this.#gathered.push(line, Uint8Array.of(lineFeed));
    this.#gatheredBytes += line.length + 1;
    this.#rawBytes += line.length + 1;
    if (this.#gatheredBytes < gatheredBytes) return;
    this.#gzip ??= this.#startCompressor();
    if (!this.#gzip.write(this.#takeGathered())) await once(this.#gzip, 'drain');
  }

  /** The content of the entry. */
  async finish(): Promise<Buffer> {
    if (this.#gzip === undefined) {
      const bytes = this.#takeGathered();
      return bytes.length <= bytesAtOnce ? gzipSync(bytes, compression) : compress(bytes, compression);
    }
    const ended = once(this.#gzip, 'end');
    this.#gzip.end(this.#takeGathered());
    await ended;
    return Buffer.concat(this.#compressed);
  }

  /** Frees the compressor of a segment that is given up. */
  discard(): void {
    this.#gzip?.destroy();
  }

  #takeGathered(): Buffer {
    const bytes = Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return bytes;
  }

  #startCompressor(): Gzip {
    return createGzip(compression).on('data', (chunk: Buffer) => this.#compressed.push(chunk));
  }
}

/** The lines of a `metadata` entry, one per entry. `name` is for messages. Errors: `damaged`. */
export async function decompressLines(
  compressed: Uint8Array,
  count: number,
  name: string,
): Promise<string[]> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const raw = await decompress(compressed, { maxOutputLength: maximumMetadataBytes });
    const lines = text.decode(raw).split('\n');
    if (lines.length === count + 1 && lines.pop() === '') return lines;
  } catch (error) {
    throw new StorageError('damaged', `the metadata of ${name} can't be decompressed`, { cause: error });
  }
  throw new StorageError(
    'damaged',
    `the metadata of ${name} do not have a line for each of ${count} entries`,
  );
}

const compress: (bytes: Uint8Array, options: { level: number }) => Promise<Buffer> = promisify(gzip);
const decompress: (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer> =
  promisify(gunzip);
