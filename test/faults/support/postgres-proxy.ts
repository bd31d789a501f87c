/** A proxy before PostgreSQL that can be cut, be slow, fall silent, and lose a COMMIT or the answer to one. */

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { connectTo, throughPort } from '@sandyq/database/testing';

/** What becomes of the next COMMIT: it never reaches the server, or its answer never reaches the client. */
export type LostCommit = 'before' | 'after';

/** A running proxy. */
export interface PostgresProxy {
  /** The database's address through the proxy. */
  readonly connectionString: string;
  /** Connections of clients that are open. */
  readonly connections: () => number;
  /** Breaks every connection, and refuses new ones until {@link restore}. */
  cut(): void;
  /** Holds everything back in both directions, on old and new connections; {@link restore} lets it go on. */
  stall(): void;
  /**
   * Half open: as {@link stall}, and connections that are open by {@link restore} stay silent for ever, as if the server
   * had been replaced without a word to its clients.
   */
  fallSilent(): void;
  /** Delays each chunk in either direction by so many milliseconds. */
  slow(delayMs: number): void;
  /** Ends what the others began. */
  restore(): void;
  /** Loses the COMMIT of the next index transaction, with its connection. Resolves when that has happened. */
  loseNextCommit(which: LostCommit): Promise<void>;
  close(): Promise<void>;
}

/** Name of a prepared statement that every index transaction of something new runs, and no other one; zero bytes end strings. */
const INDEX_STATEMENT = '\0count-in-study\0';
/** A simple query (PostgreSQL protocol, message `Q`) of this text. */
const COMMIT = Buffer.concat([Buffer.from('Q'), Buffer.from([0, 0, 0, 11]), Buffer.from('commit\0')]);

/** What the proxy does to everything that passes. */
interface Weather {
  kind: 'clear' | 'cut' | 'stalled' | 'silent';
  delayMs: number;
  loss: { readonly which: LostCommit; readonly done: () => void } | undefined;
}

export async function startPostgresProxy(connectionString: string): Promise<PostgresProxy> {
  const weather: Weather = { kind: 'clear', delayMs: 0, loss: undefined };
  const links = new Set<Link>();
  const proxy = createServer((client) => {
    if (weather.kind === 'cut') {
      client.destroy();
      return;
    }
    const link = new Link(client, connectTo(connectionString), weather, () => links.delete(link));
    links.add(link);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const breakAll = (): void => {
    for (const link of links) link.break();
  };
  return {
    connectionString: throughPort(connectionString, (proxy.address() as AddressInfo).port),
    connections: () => links.size,
    cut: () => {
      weather.kind = 'cut';
      breakAll();
    },
    stall: () => {
      weather.kind = 'stalled';
    },
    fallSilent: () => {
      weather.kind = 'silent';
    },
    slow: (delayMs) => {
      weather.delayMs = delayMs;
    },
    restore: () => {
      const wasSilent = weather.kind === 'silent';
      weather.kind = 'clear';
      weather.delayMs = 0;
      for (const link of links) link.goOn({ silent: wasSilent });
    },
    loseNextCommit: (which) =>
      new Promise((resolve) => {
        weather.loss = { which, done: resolve };
      }),
    close: async () => {
      breakAll();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** One client's connection and the one it stands for. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #weather: Weather;
  /** What could not pass yet, in order; undefined: never again. */
  #held: (() => void)[] | undefined = [];
  #isIndexing = false;
  #loseAnswer: (() => void) | undefined;

  constructor(client: Socket, server: Socket, weather: Weather, onClose: () => void) {
    this.#client = client;
    this.#server = server;
    this.#weather = weather;
    for (const socket of [client, server])
      socket.on('error', () => this.break()).on('close', () => this.break());
    client.once('close', onClose);
    client.on('data', (chunk) => this.#pass(() => this.#toServer(chunk)));
    server.on('data', (chunk) => this.#pass(() => this.#toClient(chunk)));
  }

  break(): void {
    this.#held = undefined;
    this.#client.destroy();
    this.#server.destroy();
  }

  goOn({ silent }: { readonly silent: boolean }): void {
    if (silent) {
      // The server forgets the client; the client hears nothing of it.
      this.#held = undefined;
      this.#server.removeAllListeners('close').destroy();
      return;
    }
    for (const pass of this.#held?.splice(0) ?? []) pass();
  }

  #pass(send: () => void): void {
    const { kind, delayMs } = this.#weather;
    if (kind === 'stalled' || kind === 'silent') this.#held?.push(send);
    else if (delayMs > 0) setTimeout(() => this.#held !== undefined && send(), delayMs);
    else if (this.#held !== undefined) send();
  }

  #toServer(chunk: Buffer): void {
    this.#isIndexing ||= chunk.includes(INDEX_STATEMENT);
    const isCommit = chunk.includes(COMMIT);
    const loss = this.#isIndexing && isCommit ? this.#weather.loss : undefined;
    if (isCommit) this.#isIndexing = false;
    if (loss !== undefined) this.#weather.loss = undefined;
    if (loss?.which === 'before') {
      this.break();
      loss.done();
      return;
    }
    this.#loseAnswer = loss?.done;
    this.#server.write(chunk);
  }

  #toClient(chunk: Buffer): void {
    if (this.#loseAnswer === undefined) {
      this.#client.write(chunk);
      return;
    }
    this.break();
    this.#loseAnswer();
  }
}
