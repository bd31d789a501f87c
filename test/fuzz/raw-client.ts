/** HTTP/1.1 over sockets that stay open: sends any bytes, and tells what came back, and when nothing did. */
import { connect, type Socket } from 'node:net';

/** What came of sending a request. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: ReadonlyMap<string, string>;
      /** The first {@link KEPT_BYTES} of the payload. */
      readonly body: Buffer;
      readonly ms: number;
    }
  /** The other side closed the connection before a whole answer was there. */
  | { readonly kind: 'closed'; readonly ms: number }
  /** Neither a whole answer nor the end within the time. */
  | { readonly kind: 'silent'; readonly ms: number };

/** How to send. */
export interface SendOptions {
  readonly isHead: boolean;
  readonly timeoutMs: number;
}

/** Most of a payload that is kept. */
export const KEPT_BYTES = 262_144;

/** A few connections to one host. */
export class RawClient {
  readonly #host: string;
  readonly #port: number;
  readonly #idle: Socket[] = [];

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /**
   * Sends bytes and waits for the answer, at most so long. A connection that had been idle may be closed by the other side as
   * something is sent: then it is sent once more, on a new one. `isHead`: the answer has no payload whatever its head says.
   */
  async send(bytes: Buffer, options: SendOptions): Promise<Outcome> {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      const outcome = await this.#exchange(idle, bytes, options);
      if (outcome !== 'nothing') return outcome;
    }
    const outcome = await this.#exchange(connect(this.#port, this.#host), bytes, options);
    return outcome === 'nothing' ? { kind: 'closed', ms: 0 } : outcome;
  }

  /** `nothing`: closed before the first byte of an answer. */
  async #exchange(socket: Socket, bytes: Buffer, options: SendOptions): Promise<Outcome | 'nothing'> {
    const started = performance.now();
    const reader = new AnswerReader(options.isHead);
    const ending = await new Promise<'whole' | 'closed' | 'silent'>((resolve) => {
      const timer = setTimeout(() => resolve('silent'), options.timeoutMs);
      const settle = (result: 'whole' | 'closed'): void => {
        clearTimeout(timer);
        resolve(result);
      };
      socket.on('data', (chunk: Buffer) => reader.take(chunk) && settle('whole'));
      socket.once('close', () => settle(reader.end() ? 'whole' : 'closed'));
      // What comes of it is told by close.
      socket.on('error', () => undefined);
      socket.write(bytes);
    });
    const ms = performance.now() - started;
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    if (ending === 'whole' && reader.staysOpen && !socket.destroyed) this.#idle.push(socket);
    else socket.destroy();
    if (ending === 'closed' && !reader.hasBegun) return 'nothing';
    if (ending !== 'whole') return { kind: ending, ms };
    return { kind: 'answered', status: reader.status, headers: reader.headers, body: reader.body, ms };
  }

  close(): void {
    for (const socket of this.#idle.splice(0)) socket.destroy();
  }
}

/** Reads one answer from what arrives. */
class AnswerReader {
  status = 0;
  headers: ReadonlyMap<string, string> = new Map();
  readonly #isHead: boolean;
  #pending: Buffer = Buffer.alloc(0);
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #hasHead = false;
  /** Bytes that are still to come of the payload or chunk; Infinity: until the end of the connection. */
  #left = 0;
  #chunked = false;
  #whole = false;

  constructor(isHead: boolean) {
    this.#isHead = isHead;
  }

  get body(): Buffer {
    return Buffer.concat(this.#kept);
  }

  /** Whether a byte has come. */
  get hasBegun(): boolean {
    return this.#hasHead || this.#pending.length > 0;
  }

  get staysOpen(): boolean {
    return (
      this.#pending.length === 0 &&
      this.#left !== Number.POSITIVE_INFINITY &&
      this.headers.get('connection') !== 'close'
    );
  }

  /** Whether the answer is whole now. */
  take(chunk: Buffer): boolean {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (!this.#whole && this.#step());
    return this.#whole;
  }

  /** Whether the answer is whole now that nothing more comes. */
  end(): boolean {
    return this.#whole || (this.#hasHead && this.#left === Number.POSITIVE_INFINITY);
  }

  /** One step on; false if more bytes are needed. */
  #step(): boolean {
    if (!this.#hasHead) return this.#readHead();
    if (this.#left > 0) return this.#readPayload();
    if (!this.#chunked) {
      this.#whole = true;
      return false;
    }
    return this.#readChunkSize();
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first = '', ...lines] = this.#pending.toString('latin1', 0, end).split('\r\n');
    this.#pending = this.#pending.subarray(end + 4);
    this.status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
    if (this.status >= 100 && this.status < 200) return true;
    this.headers = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    this.#hasHead = true;
    if (this.#isHead || this.status === 204 || this.status === 304) return true;
    this.#chunked = this.headers.get('transfer-encoding') === 'chunked';
    const length = this.headers.get('content-length');
    if (!this.#chunked) this.#left = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    return true;
  }

  #readPayload(): boolean {
    if (this.#pending.length === 0) return false;
    const taken = this.#pending.subarray(0, Math.min(this.#left, this.#pending.length));
    this.#pending = this.#pending.subarray(taken.length);
    this.#left -= taken.length;
    if (this.#keptBytes < KEPT_BYTES) {
      this.#kept.push(taken.subarray(0, KEPT_BYTES - this.#keptBytes));
      this.#keptBytes += taken.length;
    }
    return true;
  }

  #readChunkSize(): boolean {
    // Behind a chunk stands an empty line.
    const start = this.#pending.toString('latin1', 0, 2) === '\r\n' ? 2 : 0;
    const end = this.#pending.indexOf('\r\n', start);
    if (end < 0) return false;
    const size = Number.parseInt(this.#pending.toString('latin1', start, end), 16);
    if (size > 0) {
      this.#pending = this.#pending.subarray(end + 2);
      this.#left = size;
      return true;
    }
    if (this.#pending.length < end + 4) return false;
    this.#pending = this.#pending.subarray(end + 4);
    this.#whole = true;
    return false;
  }
}
