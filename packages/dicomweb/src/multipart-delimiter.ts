/**
 * Finds the delimiter lines of a multipart body (RFC 2046 §5.1.1) in a run of chunks, without copying payload:
 * what it hands out are views of the chunks. A delimiter that is cut by the end of a chunk is remembered as the
 * number of its bytes seen; should it turn out to be payload after all, these bytes are known and need no copy.
 *
 * A delimiter counts only as a whole line: boundary, optional "--", optional spaces, line break. So payload that
 * merely contains the boundary stays payload.
 */

const cr = 0x0d;
const lf = 0x0a;
const hyphen = 0x2d;
const spaceByte = 0x20;
const tabByte = 0x09;

/** How the line before a delimiter ends; the empty line after the part's header fields tells which. */
export type LineBreak = 'crlf' | 'lf';

/** Longest run of spaces after a boundary that still makes a delimiter line, in bytes. */
const longestPadding = 256;

/** What `scan` found: a view of payload, or the end of it. */
export type Found = 'payload' | 'next-part' | 'last-part' | 'nothing';

/** Finds delimiter lines; one for a whole body. */
export class DelimiterScanner {
  readonly #delimiters: Readonly<Record<LineBreak, Buffer>>;
  #delimiter: Buffer;
  /** Bytes of the delimiter seen at the end of the chunks so far. */
  #matched = 0;
  /** How many of these are the line break of the header block, which is no payload. */
  #virtual = 0;
  /** Bytes after a whole boundary, while it is not clear whether its line is a delimiter. */
  #suffix: number[] | undefined;
  /** Payload that was taken for a delimiter. */
  #owed: Buffer | undefined;
  /** Bytes of the last chunk that are dealt with. */
  position = 0;
  /** The payload found last, a view of the chunk. */
  payload: Buffer = Buffer.alloc(0);

  /** @param boundary the boundary parameter of the content type, without leading hyphens */
  constructor(boundary: string) {
    this.#delimiters = {
      crlf: Buffer.from(`\r\n--${boundary}`, 'latin1'),
      lf: Buffer.from(`\n--${boundary}`, 'latin1'),
    };
    this.#delimiter = this.#delimiters.lf;
    this.begin('lf');
  }

  /** Begins a body. An empty body may end at once: the line break before it belongs to its delimiter too. */
  begin(lineBreak: LineBreak): void {
    this.#delimiter = this.#delimiters[lineBreak];
    this.#virtual = lineBreak === 'crlf' ? 2 : 1;
    this.#matched = this.#virtual;
    this.#suffix = undefined;
    this.#owed = undefined;
  }

  /**
   * Goes on in a chunk from `position`, which it moves. 'payload': `payload` has a view, call again;
   * 'nothing': the chunk is used up; otherwise `position` is behind a delimiter line.
   */
  scan(chunk: Buffer): Found {
    while (true) {
      if (this.#owed !== undefined) return this.#settle();
      if (this.position >= chunk.length) return 'nothing';
      if (this.#suffix !== undefined) {
        const end = this.#readSuffix(chunk, this.#suffix);
        if (end !== undefined) return end;
      } else if (this.#matched > 0) {
        this.#continueMatch(chunk);
      } else if (this.#search(chunk)) {
        return 'payload';
      }
    }
  }

  /** At the end of the body: whether the last line was a closing delimiter without a line break. */
  isClosedByEnd(): boolean {
    return this.#suffix !== undefined && this.#suffix[0] === hyphen && this.#suffix[1] === hyphen;
  }

  #settle(): Found {
    this.payload = this.#owed ?? Buffer.alloc(0);
    this.#owed = undefined;
    return 'payload';
  }

  /** Looks for the delimiter in what is left of the chunk; true if there is payload before it. */
  #search(chunk: Buffer): boolean {
    const from = this.position;
    const found = chunk.indexOf(this.#delimiter, from);
    if (found >= 0) {
      this.position = found + this.#delimiter.length;
      this.#suffix = [];
      this.#virtual = 0;
      this.payload = chunk.subarray(from, found);
      return found > from;
    }
    const kept = this.#beginningAtEndOf(chunk, from);
    this.#matched = kept;
    this.#virtual = 0;
    this.position = chunk.length;
    this.payload = chunk.subarray(from, chunk.length - kept);
    return chunk.length - kept > from;
  }

  /** How many bytes at the end of the chunk are the beginning of the delimiter. Its first byte occurs in it only once. */
  #beginningAtEndOf(chunk: Buffer, from: number): number {
    const tail = chunk.subarray(Math.max(from, chunk.length - this.#delimiter.length + 1));
    const start = tail.lastIndexOf(this.#delimiter[0] ?? lf);
    if (start < 0) return 0;
    const length = tail.length - start;
    return tail.compare(this.#delimiter, 0, length, start) === 0 ? length : 0;
  }

  #continueMatch(chunk: Buffer): void {
    const length = Math.min(this.#delimiter.length - this.#matched, chunk.length - this.position);
    const end = this.position + length;
    if (this.#delimiter.compare(chunk, this.position, end, this.#matched, this.#matched + length) !== 0) {
      this.#owe(this.#delimiter.subarray(this.#virtual, this.#matched));
      return;
    }
    this.#matched += length;
    this.position = end;
    if (this.#matched === this.#delimiter.length) this.#suffix = [];
  }

  /** Payload after all: hands out the bytes held back and goes on searching. */
  #owe(bytes: Buffer): void {
    this.#owed = bytes.length === 0 ? undefined : bytes;
    this.#matched = 0;
    this.#virtual = 0;
    this.#suffix = undefined;
  }

  #readSuffix(chunk: Buffer, suffix: number[]): 'next-part' | 'last-part' | undefined {
    while (this.position < chunk.length) {
      const byte = chunk[this.position] ?? lf;
      if (!continuesLine(suffix, byte)) {
        this.#owe(Buffer.concat([this.#delimiter.subarray(this.#virtual), Buffer.from(suffix)]));
        return undefined;
      }
      this.position += 1;
      if (byte === lf) return suffix[0] === hyphen ? 'last-part' : 'next-part';
      suffix.push(byte);
    }
    return undefined;
  }
}

/** Whether a byte may follow in: [ "--" ] *( SP / HTAB ) [ CR ] LF. */
function continuesLine(suffix: readonly number[], byte: number): boolean {
  const last = suffix.at(-1);
  if (last === cr) return byte === lf;
  if (suffix.length === 1 && last === hyphen) return byte === hyphen;
  if (byte === hyphen) return suffix.length === 0;
  return (
    byte === lf || byte === cr || ((byte === spaceByte || byte === tabByte) && suffix.length < longestPadding)
  );
}
