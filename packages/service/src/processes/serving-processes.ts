/**
 * The first process's view of all that serve: itself and its workers. Connections are given out by turns; a worker that ends is started
 * again; when workers end again and again as soon as they start, the whole archive does.
 */
import type { Socket } from 'node:net';
import { type Logger, type Metrics, type MetricValues, renderSum } from '@sandyq/telemetry';
import type { FromWorker } from './messages.ts';
import type { Peers } from './peers.ts';
import { Questions } from './questions.ts';
import { tellRarely } from './tell-rarely.ts';
import { WorkerChild, type WorkerCommand, type WorkerEnd } from './worker-child.ts';

/** What it needs. */
export interface ServingProcessesOptions {
  /** All of them: this process and `processes - 1` workers. */
  readonly processes: number;
  readonly command: WorkerCommand;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Serves a connection in this process. */
  readonly own: (connection: Socket) => void;
  /** Workers end as soon as they start: there is no use in going on. */
  readonly onGivenUp: () => void;
}

/** After each of several ends in a row the next start waits twice as long. */
const FIRST_PAUSE_MS = 250;
/** A worker that lived for less has not proved that it can. */
const SHORT_LIFE_MS = 60_000;
const MOST_SHORT_LIVES = 5;
/** A worker drains 8 s at most; what has not ended by then does not end by itself. */
const STOP_MS = 9_000;

/** The processes that serve an archive, seen from the first. */
export class ServingProcesses {
  readonly peers: Peers;
  readonly #options: ServingProcessesOptions;
  /** By place; undefined while there is none. */
  readonly #workers: (WorkerChild | undefined)[];
  readonly #held: number[];
  readonly #answers = new Questions<MetricValues>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #gauge: { set(value: number): void };
  readonly #ends: { add(value: number): void };
  #isStopping = false;
  #running = 0;
  #shortLives = 0;
  #turn = 0;

  constructor(options: ServingProcessesOptions) {
    this.#options = options;
    this.#workers = Array.from({ length: options.processes - 1 });
    this.#held = Array.from({ length: options.processes }, () => 0);
    const { metrics } = options;
    this.#gauge = metrics.gauge({ name: 'serving_processes', help: 'Processes that take connections.' });
    this.#ends = metrics.counter({
      name: 'worker_ends_total',
      help: 'Serving processes that ended without being told to.',
    });
    this.#gauge.set(1);
    this.peers = {
      isFirst: true,
      holds: tellRarely((bytes) => this.#holds(0, bytes)),
      heldElsewhere: () => this.#heldBesides(0),
      renderMetrics: () => this.#renderMetrics(),
    };
  }

  /** Starts the workers; those that are ready take connections. */
  start(): void {
    for (let place = 0; place < this.#workers.length; place += 1) void this.#start(place);
  }

  /** Gives the connection, of which nothing was read, to the next process in turn. */
  give(connection: Socket): void {
    const { own } = this.#options;
    for (let tried = 0; tried < this.#options.processes; tried += 1) {
      const place = this.#turn;
      this.#turn = (this.#turn + 1) % this.#options.processes;
      if (place === 0) return own(connection);
      const worker = this.#workers[place - 1];
      if (worker?.takesConnections === true) return worker.give(connection);
    }
    own(connection);
  }

  /** Resolves when no worker is left: each ends what it has begun, within the time there is. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const signalAll = (signal: NodeJS.Signals): void => {
      for (const worker of this.#workers) worker?.signal(signal);
    };
    if (this.#running === 0) this.#stopped.resolve();
    signalAll('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.logger.error('workers-killed', { processes: this.#running });
      signalAll('SIGKILL');
    }, STOP_MS);
    await this.#stopped.promise;
    clearTimeout(timer);
  }

  async #start(place: number): Promise<void> {
    if (this.#isStopping) return;
    this.#running += 1;
    const startedAt = performance.now();
    const worker = await WorkerChild.start(this.#options.command, {
      onMessage: (message) => this.#hear(place, message),
      onEnd: (how, notTaken) => {
        this.#ended(place, performance.now() - startedAt, how);
        for (const connection of notTaken) this.give(connection);
      },
    });
    this.#workers[place] = worker;
    if (this.#isStopping) worker.signal('SIGTERM');
  }

  #ended(place: number, livedMs: number, how: WorkerEnd): void {
    const { logger, onGivenUp } = this.#options;
    this.#workers[place] = undefined;
    this.#running -= 1;
    this.#holds(place + 1, 0);
    this.#countServing();
    if (this.#isStopping) {
      if (this.#running === 0) this.#stopped.resolve();
      return;
    }
    this.#ends.add(1);
    this.#shortLives = livedMs < SHORT_LIFE_MS ? this.#shortLives + 1 : 0;
    logger.error('worker-ended', { place, code: how.code ?? -1, signal: how.signal ?? 'none' });
    if (this.#shortLives >= MOST_SHORT_LIVES) return onGivenUp();
    const pauseMs = this.#shortLives === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (this.#shortLives - 1);
    setTimeout(() => void this.#start(place), pauseMs);
  }

  #hear(place: number, message: FromWorker): void {
    switch (message.kind) {
      case 'took':
        break; // What it means for its connections, WorkerChild knows.
      case 'serving':
        this.#countServing();
        this.#options.logger.info('worker-serves', { place });
        this.#tellHeld(place + 1);
        break;
      case 'holds':
        this.#holds(place + 1, message.bytes);
        break;
      case 'metrics':
        this.#answers.answer(message.question, message.values);
        break;
      case 'ask-metrics':
        void this.#renderMetrics().then((text) =>
          this.#workers[place]?.tell({ kind: 'all-metrics', question: message.question, text }),
        );
        break;
    }
  }

  #countServing(): void {
    this.#gauge.set(1 + this.#workers.filter((worker) => worker?.isServing === true).length);
  }

  async #renderMetrics(): Promise<string> {
    const asked = this.#workers.map(async (worker) => {
      if (worker?.isServing !== true) return undefined;
      return this.#answers.ask((question) => worker.tell({ kind: 'give-metrics', question }));
    });
    const values = await Promise.all([this.#options.metrics.values(), ...asked]);
    return renderSum(values.filter((each) => each !== undefined));
  }

  /** Of processes by number: 0 is the first, then the workers by place. */
  #holds(process: number, bytes: number): void {
    if (this.#held[process] === bytes) return;
    this.#held[process] = bytes;
    for (let other = 1; other < this.#held.length; other += 1) if (other !== process) this.#tellHeld(other);
  }

  #tellHeld(process: number): void {
    this.#workers[process - 1]?.tell({ kind: 'held-elsewhere', bytes: this.#heldBesides(process) });
  }

  #heldBesides(process: number): number {
    return this.#held.reduce((sum, bytes, each) => (each === process ? sum : sum + bytes), 0);
  }
}
