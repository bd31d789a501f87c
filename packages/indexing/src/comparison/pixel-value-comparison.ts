/**
 * Whether the pixel values of two stored instances are equal, whatever they are encoded in (design §2.5b). Frames are
 * decoded one at a time in threads of their own; nobody who stores something new waits for it.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { CodecError, CodecPool, type DecodedFrame, shapeOf } from '@sandyq/pixel-data';
import { ComparisonError } from '../errors.ts';
import type { ComparedPixels, UnclearPixels } from './compared-pixels.ts';
import { ComparisonTurns } from './comparison-turns.ts';
import { FrameDigests } from './frame-digests.ts';
import { framesOfEntry, hasRest } from './frames-of-entry.ts';

/** `unknown`: a frame cannot be decoded, on either side; `why` names no value of the data set. */
export type PixelComparison =
  | { readonly kind: 'same' | 'other' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface PixelValueComparisonOptions {
  /** Codec threads, and comparisons at a time. */
  readonly threads: number;
  /**
   * True where nobody waits for an answer: what takes longer than the limits is `unknown` then, and stays so. False:
   * it is ComparisonError, and somebody else has to find out.
   */
  readonly isLast: boolean;
  /** For all of one comparison, the wait for its turn included. Default: two minutes, an hour where it is the last. */
  readonly mostMs?: number;
  /** Comparisons that may wait for their turn. Default 64. */
  readonly mostWaiting?: number;
  /** For one frame. Default: a minute. */
  readonly mostFrameMs?: number;
}

/** Largest decoded frame: with its encoded form and a copy that is what a comparison takes of memory. */
const MOST_FRAME_BYTES = 256 * 1024 * 1024;
const MOST_MS = 120_000;
const MOST_MS_OF_LAST = 3_600_000;
const MOST_WAITING = 64;
/** After so long other work of the process gets its turn, milliseconds. */
const LONGEST_STRETCH_MS = 10;

/** Compares in turns. Threads start with the first comparison. */
export class PixelValueComparison {
  readonly #codecs: CodecPool;
  readonly #turns: ComparisonTurns;
  readonly #isLast: boolean;
  readonly #mostMs: number;
  readonly #closing = new AbortController();

  constructor({ threads, isLast, mostMs, mostWaiting, mostFrameMs }: PixelValueComparisonOptions) {
    this.#isLast = isLast;
    this.#mostMs = mostMs ?? (isLast ? MOST_MS_OF_LAST : MOST_MS);
    this.#turns = new ComparisonTurns({ atOnce: threads, mostWaiting: mostWaiting ?? MOST_WAITING });
    this.#codecs = new CodecPool({
      mostWorkers: threads,
      mostFrameBytes: MOST_FRAME_BYTES,
      ...(mostFrameMs !== undefined && { timeoutMs: mostFrameMs }),
    });
  }

  /**
   * The same for either order of the two. Throws StorageError as reading does, and ComparisonError where there was no
   * time for it: then nothing is known, and the same call may be repeated.
   */
  async compare(
    one: ComparedPixels | UnclearPixels,
    other: ComparedPixels | UnclearPixels,
  ): Promise<PixelComparison> {
    if (one.kind === 'unclear') return { kind: 'unknown', why: one.why };
    if (other.kind === 'unclear') return { kind: 'unknown', why: other.why };
    if (one.layout.frames !== other.layout.frames) return { kind: 'other' };
    const limit = AbortSignal.timeout(this.#mostMs);
    const signal = AbortSignal.any([limit, this.#closing.signal]);
    try {
      return await this.#turns.take(signal, () => this.#compareNow(one, other, signal));
    } catch (error) {
      if (this.#closing.signal.aborted) throw new ComparisonError('closed', 'the process is about to end');
      if (limit.aborted) return this.#late(`it took longer than ${this.#mostMs} ms`);
      if (error instanceof CodecError) return this.#afterCodecError(error);
      throw error;
    }
  }

  /** Ends the threads; comparisons that are not done fail with ComparisonError('closed'). */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#codecs.close();
  }

  async #compareNow(
    one: ComparedPixels,
    other: ComparedPixels,
    signal: AbortSignal,
  ): Promise<PixelComparison> {
    if ((await hasRest(one, signal)) || (await hasRest(other, signal)))
      return { kind: 'unknown', why: 'bytes-after-the-last-frame' };
    const digests = new FrameDigests();
    for await (const frame of this.#decoded(one, signal)) digests.add(frame);
    const others = new FrameDigests();
    for await (const frame of this.#decoded(other, signal)) {
      others.add(frame);
      if (!others.mayEqual(digests)) return { kind: 'other' };
    }
    return { kind: others.equals(digests) ? 'same' : 'other' };
  }

  async *#decoded(pixels: ComparedPixels, signal: AbortSignal): AsyncGenerator<DecodedFrame> {
    const { layout, description, compression } = pixels;
    let since = performance.now();
    for await (const bytes of framesOfEntry(pixels, signal)) {
      if (layout.kind === 'native') yield { ...shapeOf(description), samples: bytes };
      else yield await this.#codecs.decodeFrame(bytes, description, { compression }, { signal });
      if (performance.now() - since < LONGEST_STRETCH_MS) continue;
      await turn();
      signal.throwIfAborted();
      since = performance.now();
    }
  }

  #afterCodecError(error: CodecError): PixelComparison {
    switch (error.code) {
      case 'truncated-codestream':
      case 'malformed-codestream':
      case 'description-mismatch':
      case 'unsupported':
      case 'video':
      case 'too-large':
      case 'out-of-memory':
        return { kind: 'unknown', why: error.code };
      case 'timeout':
      case 'worker-crashed':
        return this.#late(error.code);
      case 'queue-full':
      case 'pool-closed':
        throw new ComparisonError('busy', error.message, { cause: error });
      default:
        return error.code satisfies never;
    }
  }

  #late(why: string): PixelComparison {
    if (this.#isLast) return { kind: 'unknown', why };
    throw new ComparisonError('timeout', why);
  }
}
