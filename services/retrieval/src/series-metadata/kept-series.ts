/** Metadata of series that are made already: in this process's memory, and in PostgreSQL for all processes. */
import { crc32 } from 'node:zlib';
import {
  type Database,
  type DeflatedText,
  keepSeriesMetadata,
  readSeriesMetadata,
  type SeriesMetadataKey,
} from '@sandyq/database';
import type { Logger, Metrics } from '@sandyq/telemetry';
import { SharedCache } from '../shared-cache.ts';
import { deflateText, inflateText, partsWithin } from './deflate-text.ts';

/** Who wants the metadata of which series. */
export interface WantedSeries {
  readonly key: SeriesMetadataKey;
  /** Whether the database has said that it keeps something for this revision. */
  readonly isKept: boolean;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Reads them in parts; undefined where the series has another state now. */
  readonly read: (signal: AbortSignal) => Promise<AsyncIterable<Buffer> | undefined>;
}

const MEBIBYTE = 1024 * 1024;
/** A CT series of 300 instances takes 50 KB. */
const MOST_DEFLATED_BYTES = 32 * MEBIBYTE;
/** The most that is kept of one series. */
const LARGEST_DEFLATED_BYTES = 4 * MEBIBYTE;
/** For those who do not take gzip: a CT series of 1,000 instances takes 11 MB. */
const MOST_TEXT_BYTES = 48 * MEBIBYTE;
const LARGEST_TEXT_BYTES = 16 * MEBIBYTE;
/** It is remembered of what it cannot be kept: nobody tries again. */
const REFUSAL_BYTES = 256;
/** What waits for PostgreSQL to keep it; more is made again when it is asked for again. */
const MOST_WAITING_BYTES = 16 * MEBIBYTE;

const NEVER = new AbortController().signal;

/** One for each process. */
export class KeptSeries {
  readonly #database: Database;
  readonly #deflated: SharedCache<DeflatedText | undefined>;
  readonly #texts: SharedCache<readonly Buffer[] | undefined>;
  readonly #compressing = new Set<Promise<unknown>>();
  #keeping: Promise<void> = Promise.resolve();
  #waitingBytes = 0;

  constructor(database: Database, metrics: Metrics) {
    const kept = metrics.gauge({
      name: 'retrieval_metadata_cache_bytes',
      help: 'Metadata of series that are kept in memory for those who ask again.',
      labels: { form: ['deflated', 'text'] },
    });
    this.#database = database;
    this.#deflated = new SharedCache<DeflatedText | undefined>({
      mostBytes: MOST_DEFLATED_BYTES,
      largestShare: LARGEST_DEFLATED_BYTES / MOST_DEFLATED_BYTES,
      bytesOf: (text) => text?.deflated.length ?? REFUSAL_BYTES,
      onChange: (bytes) => kept.set(bytes, { form: 'deflated' }),
    });
    this.#texts = new SharedCache<readonly Buffer[] | undefined>({
      mostBytes: MOST_TEXT_BYTES,
      largestShare: LARGEST_TEXT_BYTES / MOST_TEXT_BYTES,
      bytesOf: (text) => text?.reduce((sum, { length }) => sum + length, 0) ?? REFUSAL_BYTES,
      onChange: (bytes) => kept.set(bytes, { form: 'text' }),
    });
  }

  /**
   * From memory, from PostgreSQL, or made and kept there; undefined where they are too long to be kept, or the series has
   * another state now. Throws what reading throws; the signal's reason.
   */
  deflated(wanted: WantedSeries): Promise<DeflatedText | undefined> {
    return this.#deflated.get(nameOf(wanted.key), wanted.signal, async (signal) => {
      const kept = wanted.isKept ? await this.#read(wanted) : undefined;
      if (kept !== undefined) return kept;
      const parts = await wanted.read(signal);
      return parts && this.#deflate(wanted, parts);
    });
  }

  /** The same as it was before it was compressed, in parts; undefined also where that is too long to be kept in memory. */
  text(wanted: WantedSeries): Promise<readonly Buffer[] | undefined> {
    const name = nameOf(wanted.key);
    return this.#texts.get(name, wanted.signal, async (signal) => {
      const isNew = !wanted.isKept && !this.#deflated.has(name);
      const text = isNew ? await this.#newText(wanted, signal) : undefined;
      if (text !== undefined) return text;
      const deflated = await this.deflated({ ...wanted, signal });
      if (deflated === undefined || deflated.textBytes > LARGEST_TEXT_BYTES) return undefined;
      return [await inflateText(deflated)];
    });
  }

  /** Resolves when what was made is kept. */
  async close(): Promise<void> {
    await Promise.all(this.#compressing);
    await this.#keeping;
  }

  /** Whoever asks first does not wait for the compression; it follows, for those who ask next. */
  async #newText(wanted: WantedSeries, signal: AbortSignal): Promise<readonly Buffer[] | undefined> {
    const parts = await wanted.read(signal);
    const text = parts && (await partsWithin(parts, LARGEST_TEXT_BYTES));
    if (text === undefined) return undefined;
    const compression = this.#deflated
      .get(nameOf(wanted.key), NEVER, () => this.#deflate(wanted, text))
      .catch((error: unknown) => wanted.logger.warn('series-metadata-not-kept', { error }))
      .finally(() => this.#compressing.delete(compression));
    this.#compressing.add(compression);
    return text;
  }

  async #deflate(
    wanted: WantedSeries,
    parts: Parameters<typeof deflateText>[0],
  ): Promise<DeflatedText | undefined> {
    const made = await deflateText(parts, LARGEST_DEFLATED_BYTES);
    if (made !== undefined) this.#keep(wanted, made);
    return made;
  }

  async #read({ key, logger }: WantedSeries): Promise<DeflatedText | undefined> {
    const kept = await readSeriesMetadata(this.#database, key);
    if (kept === undefined || crc32(kept.deflated) === kept.deflatedCrc32) return kept;
    logger.warn('series-metadata-unreadable', { studyKey: key.studyKey, seriesKey: key.seriesKey });
    return undefined;
  }

  /** One after the other, beside the answers: nobody waits for a cache to be written. */
  #keep({ key, logger }: WantedSeries, text: DeflatedText): void {
    const { length } = text.deflated;
    if (this.#waitingBytes + length > MOST_WAITING_BYTES) return;
    this.#waitingBytes += length;
    this.#keeping = this.#keeping
      .then(() => keepSeriesMetadata(this.#database, key, text))
      .catch((error: unknown) => logger.warn('series-metadata-not-kept', { error }))
      .finally(() => {
        this.#waitingBytes -= length;
      });
  }
}

/** Everything that shapes it. */
function nameOf({ seriesKey, revision, instancesSha256, baseUrl }: SeriesMetadataKey): string {
  return `${seriesKey} ${revision} ${instancesSha256.toString('base64')} ${baseUrl}`;
}
