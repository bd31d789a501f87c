/** One worker process, seen from the first process: started, given connections, ended. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import type { FromWorker, ToWorker } from './messages.ts';

/** Second argument of a process that is a worker. */
export const WORKER_ARGUMENT = 'worker';

/** What to run. */
export interface WorkerCommand {
  /** The program's file, e.g. services/standalone/src/main.ts. */
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a worker tells, and what becomes of it. */
export interface WorkerEvents {
  onMessage(message: FromWorker): void;
  /** It has ended, asked or not; told once. `notTaken`: connections that it was given and has not begun to read. */
  onEnd(how: WorkerEnd, notTaken: readonly Socket[]): void;
}

/** The kernel ends it with the first process, however that ends. (Where setpriv exists: Linux; elsewhere the closed channel tells it.) */
const END_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
/** A worker that is at something long takes no connections meanwhile: so many may wait for it. */
const MOST_ON_THE_WAY = 32;

/** A running worker. */
export class WorkerChild {
  readonly #child: ChildProcess;
  #isServing = false;
  /** In the order in which they were sent. They stay open here until the worker has them: what is on its way when it dies is not lost. */
  readonly #onTheWay: Socket[] = [];

  private constructor(child: ChildProcess, events: WorkerEvents) {
    this.#child = child;
    let hasEnded = false;
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (hasEnded) return;
      hasEnded = true;
      this.#isServing = false;
      events.onEnd({ code, signal }, this.#onTheWay.splice(0));
    };
    // Not 'exit': by then all that it has said is read, and what it has taken is known.
    child.once('close', ended);
    // It could not be started at all, or a message did not reach it: its end follows, or has come.
    child.on('error', () => {
      if (child.pid === undefined) ended(null, null);
    });
    child.on('message', (message) => {
      const told = message as FromWorker;
      if (told.kind === 'serving') this.#isServing = true;
      if (told.kind === 'took') this.#onTheWay.shift()?.destroy();
      events.onMessage(told);
    });
  }

  /** Starts it in a process group of its own: Ctrl-C in the terminal is the first process's to hand on. */
  static async start({ file, environment }: WorkerCommand, events: WorkerEvents): Promise<WorkerChild> {
    const node = [process.execPath, ...process.execArgv, file, WORKER_ARGUMENT] as const;
    const [program, ...args] = (await canEndWithParent()) ? ([...END_WITH_PARENT, ...node] as const) : node;
    const child = spawn(program, args, {
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    return new WorkerChild(child, events);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it serves, and keeps up with the connections it is given. */
  get takesConnections(): boolean {
    return this.#isServing && this.#child.connected && this.#onTheWay.length < MOST_ON_THE_WAY;
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  give(connection: Socket): void {
    this.#onTheWay.push(connection);
    const message: ToWorker = { kind: 'connection' };
    this.#child.send(message, connection, { keepOpen: true }, () => undefined);
  }

  /** What is told to a worker that has just ended is lost with it. */
  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

let hasSetpriv: Promise<boolean> | undefined;

function canEndWithParent(): Promise<boolean> {
  const [program, ...args] = END_WITH_PARENT;
  hasSetpriv ??= promisify(execFile)(program, [...args, 'true']).then(
    () => true,
    () => false, // Whatever the reason: without it the closed channel has to do.
  );
  return hasSetpriv;
}
