/**
 * The body of a Store request without its content coding (RFC 9110 §8.4.1, PS3.18 §8.4.3): inflated as it is read, counted as
 * what it becomes, and ended where it grows like a bomb.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import { HttpError, type Reservation } from '@sandyq/http';
import type { AdmittedBody } from './admitted-body.ts';
import type { ReadingTurns } from './reading-turns.ts';

/** What a body may be coded with; `identity` is no coding. */
export type ContentCoding = 'identity' | 'gzip' | 'deflate';

/** Value of Accept-Encoding in an answer to what cannot be read (RFC 9110 §12.5.3). */
const acceptedCodings = 'gzip, deflate, identity';

/** Bytes taken out of the inflater at a time: what one turn of the event loop may read (reading-turns.ts). */
const pieceBytes = 256 * 1024;
/** A body this long in all may not be so many times longer than what was sent: black frames are, and bombs. */
const suspectBytes = 512 * 1024 * 1024;
const longestRatio = 200;

/**
 * The coding of a request. Throws HttpError 'unsupported-media-type' with Accept-Encoding for one that is not known, and for
 * several on top of each other.
 */
export function contentCodingOf(header: string | undefined): ContentCoding {
  const codings = (header ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const [coding = 'identity'] = codings;
  if (codings.length <= 1) {
    if (coding === 'identity' || coding === 'deflate') return coding;
    if (coding === 'gzip' || coding === 'x-gzip') return 'gzip';
  }
  throw new HttpError('unsupported-media-type', `Send the body as one of: ${acceptedCodings}.`, {
    headers: { 'Accept-Encoding': acceptedCodings },
  });
}

/** What {@link CodedBody} needs. */
export interface CodedBodyOptions {
  readonly coding: Exclude<ContentCoding, 'identity'>;
  readonly reservation: Reservation;
  readonly turns: ReadingTurns;
}

/** Chunks of a body as it was before it was coded. To be read once. */
export class CodedBody implements AsyncIterable<Uint8Array> {
  readonly #body: AdmittedBody;
  readonly #options: CodedBodyOptions;
  #codedBytes = 0;
  #bytes = 0;
  #refusal: unknown;

  constructor(body: AdmittedBody, options: CodedBodyOptions) {
    this.#body = body;
    this.#options = options;
  }

  /** As {@link AdmittedBody.refusal}. */
  get refusal(): unknown {
    return this.#refusal ?? this.#body.refusal;
  }

  /** As {@link AdmittedBody.reserve}. */
  reserve(bytes: number): Promise<void> {
    return this.#options.reservation.growTo(this.#bytes + bytes);
  }

  /** As {@link AdmittedBody.release}. */
  release(): void {
    this.#body.release();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { coding } = this.#options;
    const inflater = (coding === 'gzip' ? createGunzip : createInflate)({ chunkSize: pieceBytes });
    const feeding = this.#feed(inflater);
    try {
      for await (const chunk of inflater as AsyncIterable<Uint8Array>) {
        await this.#admit(chunk.length);
        yield chunk;
      }
      await feeding;
    } catch (error) {
      this.#refusal ??= isCodingError(error) ? notWhatItSays(coding, error) : undefined;
      throw error;
    } finally {
      inflater.destroy();
      // Ends with the inflater; what it says was thrown by it already.
      await Promise.allSettled([feeding]);
    }
  }

  #feed(inflater: Gunzip | Inflate): Promise<void> {
    const coded = Readable.from(this.#counted(), { objectMode: true, highWaterMark: 1 });
    const feeding = pipeline(coded, inflater, { end: true });
    feeding.catch(() => undefined);
    return feeding;
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#body) {
      this.#codedBytes += chunk.length;
      yield chunk;
    }
  }

  async #admit(length: number): Promise<void> {
    this.#bytes += length;
    try {
      if (this.#bytes > suspectBytes && this.#bytes > longestRatio * this.#codedBytes) throw bomb();
      if (this.#bytes > this.#options.reservation.bytes) await this.reserve(0);
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
    await this.#options.turns.take(length);
  }
}

function bomb(): HttpError {
  return new HttpError(
    'too-large',
    `The body inflates to more than ${suspectBytes} bytes, over ${longestRatio} times its length. Send it without Content-Encoding.`,
  );
}

function isCodingError(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && code.startsWith('Z_');
}

function notWhatItSays(coding: string, cause: unknown): HttpError {
  return new HttpError('bad-request', `The body is not whole ${coding}, as its Content-Encoding says.`, {
    cause,
  });
}
