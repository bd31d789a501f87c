/**
 * Threads that do one task at a time. A task that hangs, crashes or eats memory costs its thread, never the process or
 * another task. It knows nothing about what tasks are.
 */
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import { CodecError } from '../codec-errors.ts';

/** Bounds of a pool. */
export interface WorkerPoolOptions {
  /** Module that the threads run: it answers each message with exactly one. */
  readonly entry: URL;
  /** Passed to the threads at their start. */
  readonly workerData: unknown;
  readonly mostWorkers: number;
  /** Tasks that may wait for a thread; one more is refused. */
  readonly mostWaiting: number;
  /** From the moment a thread has the task; the wait before is the caller's to bound, by a signal. */
  readonly timeoutMs: number;
  /** JavaScript heap of a thread; the codecs bound their own memory. */
  readonly resourceLimits: ResourceLimits;
  /** Told after every change of the load. */
  readonly onLoad?: ((load: PoolLoad) => void) | undefined;
}

/** Threads that exist, tasks they are at, tasks that wait. */
export interface PoolLoad {
  readonly workers: number;
  readonly running: number;
  readonly waiting: number;
}

/** What a caller may say about one task. */
export interface TaskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Buffers that the message gives away. */
  readonly transfer?: readonly Transferable[];
}

interface Task {
  readonly message: unknown;
  readonly transfer: readonly Transferable[];
  readonly settle: (outcome: Outcome) => void;
}

type Outcome = { readonly answer: unknown } | { readonly fault: unknown };

/** One thread and the task it is at. */
interface Slot {
  readonly worker: Worker;
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** A bounded pool of threads that start when they are needed and are replaced when they end. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<Slot>();
  readonly #waiting = new Set<Task>();
  #isClosed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** For metrics: threads that exist, tasks they are at, tasks that wait. */
  get load(): PoolLoad {
    const running = [...this.#slots].filter(({ task }) => task !== undefined).length;
    return { workers: this.#slots.size, running, waiting: this.#waiting.size };
  }

  /**
   * The thread's answer to a message.
   * @throws CodecError 'queue-full', 'timeout', 'out-of-memory', 'worker-crashed', 'pool-closed'; the signal's reason
   */
  async run(message: unknown, { signal, transfer = [] }: TaskOptions = {}): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new CodecError('pool-closed', 'the codec pool is closed');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const settle = (outcome: Outcome) => {
      signal?.removeEventListener('abort', abort);
      if ('fault' in outcome) reject(outcome.fault);
      else resolve(outcome.answer);
    };
    const task: Task = { message, transfer, settle };
    const abort = () => this.#abandon(task, signal?.reason);
    this.#enqueue(task);
    signal?.addEventListener('abort', abort, { once: true });
    return promise;
  }

  /** Ends all threads; tasks that are not done fail with 'pool-closed'. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new CodecError('pool-closed', 'the codec pool was closed');
    for (const task of this.#waiting) task.settle({ fault: closed });
    this.#waiting.clear();
    await Promise.all([...this.#slots].map((slot) => this.#end(slot, closed)));
    this.#tell();
  }

  #tell(): void {
    this.#options.onLoad?.(this.load);
  }

  #enqueue(task: Task): void {
    const idle = [...this.#slots].find((slot) => slot.task === undefined);
    if (idle !== undefined) return this.#start(idle, task);
    if (this.#slots.size < this.#options.mostWorkers) return this.#start(this.#open(), task);
    if (this.#waiting.size >= this.#options.mostWaiting) {
      throw new CodecError('queue-full', `${this.#waiting.size} frames wait for a codec already`);
    }
    this.#waiting.add(task);
    this.#tell();
  }

  #open(): Slot {
    const { entry, workerData, resourceLimits } = this.#options;
    const worker = new Worker(entry, { workerData, resourceLimits, execArgv: [], env: {} });
    const slot: Slot = { worker, task: undefined, timer: undefined };
    worker.on('message', (answer: unknown) => this.#finish(slot, { answer }));
    worker.on('messageerror', (cause) => void this.#end(slot, crashed(cause)));
    worker.on(
      'error',
      (cause) => void this.#end(slot, isOutOfMemory(cause) ? outOfMemory(cause) : crashed(cause)),
    );
    worker.on('exit', (status) => void this.#end(slot, crashed(new Error(`exit status ${status}`))));
    this.#slots.add(slot);
    return slot;
  }

  #start(slot: Slot, task: Task): void {
    const { timeoutMs } = this.#options;
    slot.task = task;
    slot.worker.ref();
    slot.timer = setTimeout(() => {
      void this.#end(slot, new CodecError('timeout', `the codec was still at it after ${timeoutMs} ms`));
    }, timeoutMs);
    slot.worker.postMessage(task.message, task.transfer);
    this.#tell();
  }

  #finish(slot: Slot, outcome: Outcome): void {
    const { task } = slot;
    clearTimeout(slot.timer);
    slot.task = undefined;
    // An idle thread does not keep the process alive.
    slot.worker.unref();
    this.#startNext();
    this.#tell();
    task?.settle(outcome);
  }

  /** Ends a thread for good: its task fails, the next one gets another thread. */
  async #end(slot: Slot, fault: unknown): Promise<void> {
    if (!this.#slots.delete(slot)) return;
    clearTimeout(slot.timer);
    const { task } = slot;
    slot.task = undefined;
    task?.settle({ fault });
    this.#startNext();
    this.#tell();
    await slot.worker.terminate();
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#enqueue(next);
  }

  /** A codec cannot be interrupted: who stops waiting for a running task costs its thread. */
  #abandon(task: Task, reason: unknown): void {
    if (this.#waiting.delete(task)) {
      this.#tell();
      return task.settle({ fault: reason });
    }
    const slot = [...this.#slots].find((candidate) => candidate.task === task);
    if (slot !== undefined) void this.#end(slot, reason);
  }
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function outOfMemory(cause: Error): CodecError {
  return new CodecError('out-of-memory', 'the codec needed more memory than its thread may have', { cause });
}

function crashed(cause: Error): CodecError {
  return new CodecError('worker-crashed', 'the codec thread ended without an answer', { cause });
}
