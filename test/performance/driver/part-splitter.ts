/** Takes a multipart/related body apart while it comes (RFC 2046 §5.1), without a copy of what is in the parts. */

/** Takes one part. */
export interface PartReceiver {
  /** A piece is good until it returns. */
  take(piece: Buffer): void;
  end(): void;
}

/** What the head of a part says. */
export interface PartHead {
  /** Content-Length, which spares the search for the boundary. */
  readonly length: number | undefined;
}

const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const CARRIAGE_RETURN = 0x0d;

/** Asks `begin` who takes a part when its head is there. */
export class PartSplitter {
  readonly #delimiter: Buffer;
  readonly #begin: (head: PartHead) => PartReceiver;
  #state: 'start' | 'delimiter' | 'head' | 'end' = 'start';
  /** What could be the beginning of a delimiter, or of a head. */
  #held: Buffer = NOTHING;
  #receiver: PartReceiver | undefined;
  /** Bytes of the part that cannot hold a delimiter. */
  #left = 0;

  constructor(boundary: string, begin: (head: PartHead) => PartReceiver) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#begin = begin;
  }

  feed(bytes: Buffer): void {
    let rest: Buffer | undefined = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = NOTHING;
    while (rest !== undefined && this.#state !== 'end') rest = this.#step(rest);
  }

  /** Throws unless the closing delimiter has been there. */
  end(): void {
    if (this.#state !== 'end') throw new Error('the multipart body has no end');
  }

  /** What is left after one step; undefined if the step needs more bytes than there are. */
  #step(bytes: Buffer): Buffer | undefined {
    if (this.#state === 'start') return this.#readStart(bytes);
    return this.#state === 'head' ? this.#readHead(bytes) : this.#readBody(bytes);
  }

  /** The first delimiter may have no line end before it. */
  #readStart(bytes: Buffer): Buffer | undefined {
    const first = this.#delimiter.subarray(CRLF.length);
    if (bytes.length < first.length) {
      this.#held = Buffer.from(bytes);
      return undefined;
    }
    const isAtOnce = bytes.subarray(0, first.length).equals(first);
    this.#state = isAtOnce ? 'head' : 'delimiter';
    return isAtOnce ? bytes.subarray(first.length) : bytes;
  }

  /** After a delimiter: the rest of its line, and the lines of the part's head. */
  #readHead(bytes: Buffer): Buffer | undefined {
    if (bytes.length >= 2 && bytes.toString('latin1', 0, 2) === '--') {
      this.#state = 'end';
      return undefined;
    }
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.#held = Buffer.from(bytes);
      return undefined;
    }
    const length = /^content-length:\s*(\d+)/im.exec(bytes.toString('latin1', 0, end))?.[1];
    this.#left = Number(length ?? '0');
    this.#receiver = this.#begin({ length: length === undefined ? undefined : this.#left });
    this.#state = 'delimiter';
    return bytes.subarray(end + HEAD_END.length);
  }

  #readBody(bytes: Buffer): Buffer | undefined {
    if (this.#left > 0) {
      const known = bytes.subarray(0, this.#left);
      this.#left -= known.length;
      this.#receiver?.take(known);
      return known.length === bytes.length ? undefined : bytes.subarray(known.length);
    }
    const end = bytes.indexOf(this.#delimiter);
    if (end < 0) {
      const safe = this.#safeLength(bytes);
      if (safe > 0) this.#receiver?.take(bytes.subarray(0, safe));
      this.#held = Buffer.from(bytes.subarray(safe));
      return undefined;
    }
    if (end > 0) this.#receiver?.take(bytes.subarray(0, end));
    this.#receiver?.end();
    this.#receiver = undefined;
    this.#state = 'head';
    return bytes.subarray(end + this.#delimiter.length);
  }

  /** How much of the bytes cannot be the beginning of a delimiter, of which only the first byte is a carriage return. */
  #safeLength(bytes: Buffer): number {
    const at = bytes.lastIndexOf(CARRIAGE_RETURN);
    const tail = bytes.length - at;
    if (at < 0 || tail >= this.#delimiter.length) return bytes.length;
    return bytes.compare(this.#delimiter, 0, tail, at) === 0 ? at : bytes.length;
  }
}

/** The parts of a whole body, as views of it. Throws if it is not whole multipart/related. */
export function partsOf(contentType: string | undefined, body: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  const splitter = new PartSplitter(boundaryOf(contentType), () => {
    const pieces: Buffer[] = [];
    return {
      take: (piece) => pieces.push(piece),
      end: () => parts.push(pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces)),
    };
  });
  splitter.feed(body);
  splitter.end();
  return parts;
}

/** Throws unless the Content-Type is multipart/related with a boundary. */
export function boundaryOf(contentType: string | undefined): string {
  const boundary = /^multipart\/related\b.*\bboundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1];
  if (boundary === undefined) throw new Error(`multipart/related expected, not ${contentType}`);
  return boundary;
}
