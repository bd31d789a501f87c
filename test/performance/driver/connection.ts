/** One kept-alive HTTP connection of the benchmark's client: requests one after the other, bodies as buffers made before. */
import { connect, type Socket } from 'node:net';
import { type ResponseHead, ResponseReader } from './response-reader.ts';

/** A request that is ready to go. */
export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** An absolute `http:` URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as it is, in this order. */
  readonly body?: readonly Buffer[];
}

/** A whole answer. */
export interface Answer extends ResponseHead {
  /** Good until the next request on the connection; empty if it was given to `onBody`. */
  readonly body: Buffer;
  /** Length of the body, wherever it went. */
  readonly bytes: number;
}

/** Takes a body piece by piece; a piece is good until it returns. */
export type OnBody = (piece: Buffer, head: ResponseHead) => void;

/** What is under way. */
interface Pending {
  readonly reader: ResponseReader;
  resolve(head: ResponseHead): void;
  reject(error: Error): void;
}

const READ_BYTES = 2 ** 18;
const FIRST_BODY_BYTES = 2 ** 20;

/**
 * Reconnects when the server has closed it in between. It reads into the same memory all the time: the collector would be
 * the client's largest consumer.
 */
export class Connection {
  readonly #host: string;
  readonly #port: number;
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #body = Buffer.allocUnsafeSlow(FIRST_BODY_BYTES);
  #socket: Socket | undefined;
  #pending: Pending | undefined;

  constructor(origin: string) {
    const { hostname, port, protocol } = new URL(origin);
    if (protocol !== 'http:') throw new Error(`${origin}: the benchmark speaks plain HTTP only`);
    this.#host = hostname;
    this.#port = Number(port === '' ? '80' : port);
  }

  async open(): Promise<void> {
    const socket = connect({
      host: this.#host,
      port: this.#port,
      noDelay: true,
      onread: {
        buffer: this.#readBuffer,
        callback: (length) => {
          this.#receive(socket, this.#readBuffer.subarray(0, length));
          return true;
        },
      },
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    socket.on('error', (error) => this.#lose(socket, error));
    socket.on('close', () => this.#lose(socket, new Error('the server closed the connection')));
    this.#socket = socket;
  }

  /** Resolves with the whole answer, whatever its status. `onBody` takes the body piece by piece instead. */
  async exchange(request: Outgoing, onBody?: OnBody): Promise<Answer> {
    const isReused = this.#socket !== undefined;
    if (!isReused) await this.open();
    let bytes = 0;
    const keep = onBody ?? ((piece: Buffer) => this.#keep(piece, bytes));
    const reader = new ResponseReader((piece, head) => {
      keep(piece, head);
      bytes += piece.length;
    });
    try {
      const head = await this.#send(request, reader);
      if (head.headers.get('connection') === 'close') this.close();
      return { ...head, body: this.#body.subarray(0, onBody === undefined ? bytes : 0), bytes };
    } catch (error) {
      this.close();
      // A kept connection may be closed by the server just as it is used again; nothing of an answer has come.
      if (isReused && !reader.hasBegun) return this.exchange(request, onBody);
      throw error;
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #keep(piece: Buffer, at: number): void {
    if (at + piece.length > this.#body.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (at + piece.length));
      this.#body.copy(larger, 0, 0, at);
      this.#body = larger;
    }
    piece.copy(this.#body, at);
  }

  #send(request: Outgoing, reader: ResponseReader): Promise<ResponseHead> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (socket === undefined) {
        reject(new Error('the connection is closed'));
        return;
      }
      this.#pending = { reader, resolve, reject };
      socket.cork();
      socket.write(headOf(request));
      for (const piece of request.body ?? []) socket.write(piece);
      socket.uncork();
    });
  }

  #receive(socket: Socket, bytes: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined) {
      socket.destroy();
      return;
    }
    try {
      const head = pending.reader.feed(bytes);
      if (head === undefined) return;
      this.#pending = undefined;
      pending.resolve(head);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #lose(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    const head = pending?.reader.endOfConnection();
    if (head === undefined) pending?.reject(error);
    else pending?.resolve(head);
  }
}

function headOf({ method, url, headers = {}, body }: Outgoing): string {
  const { host, pathname, search } = new URL(url);
  const length = body?.reduce((sum, piece) => sum + piece.length, 0);
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(length === undefined ? [] : [`content-length: ${length}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
