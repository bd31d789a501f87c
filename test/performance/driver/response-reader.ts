/**
 * HTTP/1.1 responses out of a socket's bytes, without a copy of the body: what the benchmark's client needs and no more
 * (Content-Length, chunked, or until the connection ends; no trailers, no 1xx). A client of node:http would use as much CPU as the servers.
 */

/** Head of a response. */
export interface ResponseHead {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

type State = 'head' | 'body' | 'chunk-line' | 'chunk' | 'chunk-end' | 'done';

const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
const NO_CONTENT = 204;
const NOTHING = Buffer.alloc(0);
const MOST_HEAD_BYTES = 65_536;

/** Reads one response; `onBody` gets its body piece by piece, as views of what came: they are good until it returns. */
export class ResponseReader {
  readonly #onBody: (piece: Buffer, head: ResponseHead) => void;
  #state: State = 'head';
  #held: Buffer = NOTHING;
  #left = 0;
  #head: ResponseHead | undefined;

  constructor(onBody: (piece: Buffer, head: ResponseHead) => void) {
    this.#onBody = onBody;
  }

  /** The head when the response is whole, undefined until then. Throws if it is not HTTP. */
  feed(bytes: Buffer): ResponseHead | undefined {
    let rest: Buffer = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = NOTHING;
    while (!this.#isDone()) {
      const next = this.#step(rest);
      if (next === undefined) {
        if (rest.length > MOST_HEAD_BYTES) throw new Error('no end of an HTTP head or chunk line');
        this.#held = Buffer.from(rest);
        return undefined;
      }
      rest = next;
      if (rest.length === 0 && !this.#isDone()) return undefined;
    }
    if (rest.length > 0) throw new Error(`${rest.length} bytes after the end of an HTTP response`);
    return this.#head;
  }

  /** The head, if the end of the connection is the end of the response (RFC 9112 §6.3). */
  endOfConnection(): ResponseHead | undefined {
    return this.#state === 'body' && this.#left === Number.POSITIVE_INFINITY ? this.#head : undefined;
  }

  /** Whether anything of the response has come. */
  get hasBegun(): boolean {
    return this.#state !== 'head' || this.#held.length > 0;
  }

  #isDone(): boolean {
    return this.#state === 'done';
  }

  /** What is left after one step; undefined if the step needs more bytes than there are. */
  #step(bytes: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'body':
      case 'chunk':
        return this.#readBody(bytes);
      case 'chunk-line':
        return this.#readChunkLine(bytes);
      case 'chunk-end':
        return this.#readChunkEnd(bytes);
      default:
        return bytes;
    }
  }

  #readHead(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return undefined;
    this.#head = parseHead(bytes.toString('latin1', 0, end));
    const { headers } = this.#head;
    if (headers.get('transfer-encoding') === 'chunked') {
      this.#state = 'chunk-line';
    } else {
      const lengthUntilEnd = this.#head.status === NO_CONTENT ? 0 : Number.POSITIVE_INFINITY;
      this.#left = Number(headers.get('content-length') ?? lengthUntilEnd);
      this.#state = this.#left === 0 ? 'done' : 'body';
    }
    return bytes.subarray(end + HEAD_END.length);
  }

  #readBody(bytes: Buffer): Buffer {
    const piece = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    if (piece.length > 0 && this.#head !== undefined) this.#onBody(piece, this.#head);
    this.#left -= piece.length;
    if (this.#left === 0) this.#state = this.#state === 'body' ? 'done' : 'chunk-end';
    return bytes.subarray(piece.length);
  }

  #readChunkLine(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(CRLF);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', 0, end), 16);
    if (!(size >= 0)) throw new Error('a chunk without a size');
    this.#left = size === 0 ? -1 : size;
    this.#state = size === 0 ? 'chunk-end' : 'chunk';
    return bytes.subarray(end + CRLF.length);
  }

  #readChunkEnd(bytes: Buffer): Buffer | undefined {
    if (bytes.length < CRLF.length) return undefined;
    this.#state = this.#left < 0 ? 'done' : 'chunk-line';
    return bytes.subarray(CRLF.length);
  }
}

function parseHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (!(status >= 200)) throw new Error(`not a final HTTP response: ${statusLine.slice(0, 80)}`);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status, headers: new Map(headers) };
}
