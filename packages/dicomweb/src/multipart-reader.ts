/**
 * Reads a multipart/related body (PS3.18 §8.6.1.2, RFC 2046 §5.1) in one pass: parts come as they arrive, payload
 * is handed out as views of the received chunks, and nothing is read that was not asked for. Memory does not
 * depend on the size of the body: at most one chunk and one header block are held.
 */
import { DicomwebError } from './errors.ts';
import { type MediaType, parseMediaType } from './media-type.ts';
import { DelimiterScanner, type LineBreak } from './multipart-delimiter.ts';
import { type PartHeaders, parsePartHeaders } from './part-headers.ts';

/** Bounds of what is read besides payload. */
export interface MultipartLimits {
  /** Longest header block of a part, in bytes. A longer one is a fault of its part. */
  readonly headerBytes: number;
  /** Most parts of a body. */
  readonly partCount: number;
  /** Longest text before the first and after the last delimiter, in bytes. */
  readonly preambleBytes: number;
}

/** The limits that hold where nothing else is said. */
export const defaultMultipartLimits: MultipartLimits = {
  headerBytes: 16_384,
  partCount: 1_000_000,
  preambleBytes: 65_536,
};

/** One part. Its body can be read once, before the next part is asked for; what is left then is skipped. */
export interface Part {
  /** From 0, in the order of the body. */
  readonly partIndex: number;
  readonly headers: PartHeaders;
  /** Set if the header block was too long or had a line that is no field; the body can still be read. */
  readonly fault: DicomwebError | undefined;
  /** Views of the received chunks, never empty. Throws 'multipart-truncated' or 'body-interrupted' where it breaks off. */
  readonly body: AsyncIterableIterator<Uint8Array>;
}

/**
 * Reads the parts of a multipart body. A body that breaks off is an error of its last part; the parts before it
 * stand. If the consumer has read that error from the part's body, the iteration simply ends; else it throws it.
 *
 * The source is returned (`return()`) at the end and where the consumer leaves early. A Node stream destroys itself
 * then; pass `stream.iterator({ destroyOnReturn: false })` if the connection is still needed for the answer.
 *
 * @param body the received chunks, of any size
 * @param contentType the Content-Type of the message, with its boundary
 * @throws DicomwebError bad-content-type, multipart-malformed, multipart-truncated, multipart-limit, body-interrupted
 */
export async function* readMultipartRelated(
  body: AsyncIterable<Uint8Array>,
  contentType: string | MediaType,
  limits: Partial<MultipartLimits> = {},
): AsyncGenerator<Part, void, undefined> {
  const reader = new PartReader(body, boundaryOf(contentType), { ...defaultMultipartLimits, ...limits });
  try {
    await reader.skipPreamble();
    for (let partIndex = 0; !reader.isDone; partIndex += 1) {
      if (partIndex >= reader.limits.partCount) {
        throw new DicomwebError(
          'multipart-limit',
          `the body has more than ${partIndex} parts; send fewer a request`,
        );
      }
      yield await reader.nextPart(partIndex);
      await reader.skipPayload();
    }
    await reader.skipEpilogue();
  } finally {
    await reader.release();
  }
}

/**
 * The boundary of a multipart content type.
 *
 * @throws DicomwebError bad-content-type if it is not multipart or has no usable boundary
 */
export function boundaryOf(contentType: string | MediaType): string {
  const mediaType = typeof contentType === 'string' ? parseMediaType(contentType) : contentType;
  if (mediaType?.type !== 'multipart') {
    throw new DicomwebError(
      'bad-content-type',
      'the Content-Type is not multipart/related; type=...; boundary=...',
    );
  }
  const boundary = mediaType.parameters.get('boundary') ?? '';
  if (!/^[\x20-\x7e]{0,199}[\x21-\x7e]$/.test(boundary)) {
    throw new DicomwebError(
      'bad-content-type',
      'the Content-Type has no boundary of 1 to 70 printable ASCII characters (RFC 2046 §5.1.1)',
    );
  }
  return boundary;
}

class PartReader {
  readonly limits: MultipartLimits;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #scanner: DelimiterScanner;
  #chunk: Buffer = Buffer.alloc(0);
  #place: 'payload' | 'headers' | 'epilogue' | 'end' = 'payload';
  #currentPart = -1;

  constructor(body: AsyncIterable<Uint8Array>, boundary: string, limits: MultipartLimits) {
    this.#source = body[Symbol.asyncIterator]();
    this.#scanner = new DelimiterScanner(boundary);
    this.limits = limits;
  }

  /** Whether no part follows. */
  get isDone(): boolean {
    return this.#place === 'epilogue' || this.#place === 'end';
  }

  async skipPreamble(): Promise<void> {
    let skippedBytes = 0;
    const noDelimiter = 'the body has no line that begins with the boundary of its Content-Type';
    while (true) {
      const preamble = await this.nextPayload('multipart-malformed', noDelimiter);
      if (preamble === undefined) return;
      skippedBytes += preamble.length;
      if (skippedBytes > this.limits.preambleBytes) {
        throw new DicomwebError(
          'multipart-malformed',
          `${noDelimiter} within its first ${skippedBytes} bytes`,
        );
      }
    }
  }

  async nextPart(partIndex: number): Promise<Part> {
    const { lines, lineBreak, isTooLong } = await this.#readHeaderLines();
    const { headers, malformed } = parsePartHeaders(lines);
    this.#scanner.begin(lineBreak);
    this.#place = 'payload';
    this.#currentPart = partIndex;
    return { partIndex, headers, fault: faultOf(isTooLong, malformed), body: this.#bodyOf(partIndex) };
  }

  /** The next payload of the current part; undefined behind its end. */
  async nextPayload(
    code: 'multipart-truncated' | 'multipart-malformed' = 'multipart-truncated',
    message = 'the body ends in the middle of a part; send it again',
  ): Promise<Buffer | undefined> {
    while (this.#place === 'payload') {
      const found = this.#scanner.scan(this.#chunk);
      if (found === 'payload') return this.#scanner.payload;
      if (found === 'next-part') this.#place = 'headers';
      else if (found === 'last-part') this.#place = 'epilogue';
      else if (!(await this.#fill())) {
        const isClosed = this.#scanner.isClosedByEnd();
        this.#place = 'end';
        if (!isClosed) throw new DicomwebError(code, message);
      }
    }
    return undefined;
  }

  async skipPayload(): Promise<void> {
    while ((await this.nextPayload()) !== undefined);
  }

  /** Reads the text after the closing delimiter, so that the connection can be used again; a long one is left unread. */
  async skipEpilogue(): Promise<void> {
    let skippedBytes = this.#chunk.length - this.#scanner.position;
    while (this.#place === 'epilogue' && skippedBytes <= this.limits.preambleBytes && (await this.#fill())) {
      skippedBytes += this.#chunk.length;
    }
  }

  async release(): Promise<void> {
    this.#place = 'end';
    await this.#source.return?.();
  }

  #bodyOf(partIndex: number): AsyncIterableIterator<Uint8Array> {
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      const payload = this.#currentPart === partIndex ? await this.nextPayload() : undefined;
      return payload === undefined ? { done: true, value: undefined } : { done: false, value: payload };
    };
    return {
      next,
      return: async () => ({ done: true, value: undefined }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async #readHeaderLines(): Promise<{ lines: string[]; lineBreak: LineBreak; isTooLong: boolean }> {
    const lines: string[] = [];
    let line = '';
    let leftBytes = this.limits.headerBytes;
    while (true) {
      const start = this.#scanner.position;
      const lineFeed = this.#chunk.subarray(0, start + leftBytes).indexOf(0x0a, start);
      const end = lineFeed < 0 ? Math.min(this.#chunk.length, start + leftBytes) : lineFeed + 1;
      leftBytes -= end - start;
      line += this.#chunk.toString('latin1', start, end);
      this.#scanner.position = end;
      if (lineFeed >= 0) {
        if (line === '\r\n' || line === '\n') {
          return { lines, lineBreak: line === '\n' ? 'lf' : 'crlf', isTooLong: false };
        }
        lines.push(line.replace(/\r?\n$/, ''));
        line = '';
      }
      if (leftBytes === 0) return { lines, lineBreak: 'crlf', isTooLong: true };
      if (lineFeed < 0 && !(await this.#fill())) {
        this.#place = 'end';
        throw new DicomwebError(
          'multipart-truncated',
          'the body ends in the header fields of a part; send it again',
        );
      }
    }
  }

  async #fill(): Promise<boolean> {
    try {
      while (true) {
        const { done, value } = await this.#source.next();
        if (done === true) return false;
        if (value.length === 0) continue;
        this.#chunk = Buffer.isBuffer(value)
          ? value
          : Buffer.from(value.buffer, value.byteOffset, value.length);
        this.#scanner.position = 0;
        return true;
      }
    } catch (cause) {
      this.#place = 'end';
      throw new DicomwebError('body-interrupted', 'the connection broke off in the middle of the body', {
        cause,
      });
    }
  }
}

function faultOf(isTooLong: boolean, malformed: boolean): DicomwebError | undefined {
  if (isTooLong) return new DicomwebError('part-headers', 'the header fields of the part are too long');
  return malformed
    ? new DicomwebError('part-headers', 'the part has a header line without a name')
    : undefined;
}
