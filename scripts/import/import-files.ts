/** Sends batches side by side, repeats what may pass, and tells what became of each file. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchLimits, batchFiles, type ImportFile } from './batches.ts';
import { ImportError, TryLaterError, UnreadableFileError } from './errors.ts';
import { type BatchAnswer, type StoreTarget, sendBatch } from './send-batch.ts';
import { attributeVerdicts, type Verdict, verdictsOf } from './store-answer.ts';
import { walkFolder } from './walk-folder.ts';

/** What became of one file; `not-sent`: it could not be read. */
export interface FileOutcome {
  readonly name: string;
  readonly sizeBytes: number;
  readonly outcome: Verdict['outcome'] | 'not-sent';
  readonly reason: string | undefined;
  readonly meaning: string | undefined;
  readonly sopInstanceUid: string | undefined;
}

/** Told as it goes. */
export interface ImportListener {
  onFile(outcome: FileOutcome): void;
  /** Of the files told as plainly stored, how many were in the archive before. */
  onKnown(count: number): void;
  /** Something in the folder that is no file, or cannot be read. */
  onSkipped(name: string): void;
  /** The archive is overloaded or away; `waitMs` until the next attempt. */
  onWaiting(message: string, waitMs: number): void;
}

export interface ImportOptions {
  readonly folder: string;
  readonly target: StoreTarget;
  readonly parallel: number;
  readonly batch: BatchLimits;
  /** How long one request may wait for an archive that is overloaded or away before the import gives up; milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 60_000;
/** Reasons of single instances that pass by themselves. */
const PASSING = new Set(['storage-unavailable', 'out-of-resources']);
/** Of the archive, and of proxies before it. */
const PASSING_STATUSES = new Set([429, 502, 503, 504]);

interface SentOnce {
  /** Files whose reason passes by itself. */
  readonly again: readonly ImportFile[];
  readonly afterMs: number | undefined;
}

/** Resolves when every file was answered. Throws ImportError when it cannot go on: what was stored stays stored. */
export async function importFiles(options: ImportOptions, listener: ImportListener): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Every request and every wait listens to it.
  setMaxListeners(0, signal);
  const importer = new Importer({ ...options, signal }, listener);
  const files = walkFolder(options.folder, (name) => listener.onSkipped(name));
  const batches = batchFiles(files, options.batch, (file, error) => importer.tellUnreadable(file, error));
  const workers = Array.from({ length: options.parallel }, () => work(importer, batches, signal));
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

/** Several workers draw from one generator: it queues their calls. */
async function work(
  importer: Importer,
  batches: AsyncGenerator<readonly ImportFile[]>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const next = await batches.next();
    if (next.done === true) return;
    await importer.send(next.value);
  }
}

class Importer {
  readonly #options: ImportOptions;
  readonly #listener: ImportListener;

  constructor(options: ImportOptions, listener: ImportListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Until each file of the batch has its verdict: what is unclear or passing goes again, alone or later. */
  async send(files: readonly ImportFile[]): Promise<void> {
    let left: readonly ImportFile[] = files;
    let waitedMs = 0;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      try {
        const { again, afterMs } = await this.#sendOnce(left);
        left = again;
        if (left.length > 0) throw new TryLaterError('the archive cannot store at the moment', { afterMs });
      } catch (error) {
        if (error instanceof UnreadableFileError) left = this.#withoutUnreadable(left, error);
        else if (error instanceof TryLaterError) waitedMs += await this.#wait(error, attempt, waitedMs);
        else throw error;
      }
    }
  }

  tellUnreadable({ name, sizeBytes }: Pick<ImportFile, 'name' | 'sizeBytes'>, error: unknown): void {
    const meaning = error instanceof Error ? error.message : String(error);
    const outcome = { name, sizeBytes, outcome: 'not-sent', reason: 'unreadable', meaning } as const;
    this.#listener.onFile({ ...outcome, sopInstanceUid: undefined });
  }

  async #sendOnce(files: readonly ImportFile[]): Promise<SentOnce> {
    const { target, signal } = this.#options;
    const answer = await sendBatch(target, files, signal);
    if (answer.verdicts === undefined) {
      await this.#withoutVerdicts(files, answer);
      return { again: [], afterMs: undefined };
    }
    const verdicts = attributeVerdicts(files, verdictsOf(answer.verdicts));
    const passing: ImportFile[] = [];
    for (const [file, verdict] of verdicts) {
      if (verdict.outcome === 'refused' && PASSING.has(verdict.reason ?? '')) passing.push(file);
      else this.#tell(file, verdict);
    }
    this.#listener.onKnown(answer.knownCount ?? 0);
    const unclear = files.filter((file) => !verdicts.has(file));
    if (unclear.length > 0) await this.#sendAlone(unclear, files);
    return { again: passing, afterMs: answer.retryAfterMs };
  }

  async #sendAlone(unclear: readonly ImportFile[], sent: readonly ImportFile[]): Promise<void> {
    if (sent.length === 1)
      throw new ImportError('The archive gave no verdict on a file that was sent alone.');
    for (const file of unclear) await this.send([file]);
  }

  /** The request as a whole was refused: one file may be at fault, so each goes alone. */
  async #withoutVerdicts(files: readonly ImportFile[], answer: BatchAnswer): Promise<void> {
    const { status, message, retryAfterMs } = answer;
    if (PASSING_STATUSES.has(status)) throw new TryLaterError(message, { afterMs: retryAfterMs });
    const [file, ...others] = files;
    if (others.length > 0) {
      for (const one of files) await this.send([one]);
    } else if (file !== undefined) {
      this.#tell(file, { outcome: 'refused', reason: `status-${status}`, meaning: message });
    }
  }

  #withoutUnreadable(files: readonly ImportFile[], error: UnreadableFileError): readonly ImportFile[] {
    const unreadable = files.find(({ path }) => path === error.path);
    if (unreadable === undefined) throw error;
    this.tellUnreadable(unreadable, error);
    return files.filter((file) => file !== unreadable);
  }

  /** Returns how long it waited. */
  async #wait(error: TryLaterError, attempt: number, waitedMs: number): Promise<number> {
    const { target, signal, patienceMs } = this.#options;
    if (waitedMs >= patienceMs) {
      const seconds = Math.round(waitedMs / 1_000);
      throw new ImportError(
        `The archive at ${target.url} took no request for ${seconds} s: ${error.message}.`,
      );
    }
    const wanted = error.afterMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1);
    const waitMs = Math.min(Math.max(wanted, FIRST_WAIT_MS), MAX_WAIT_MS);
    this.#listener.onWaiting(error.message, waitMs);
    await sleep(waitMs, undefined, { signal });
    return waitMs;
  }

  #tell({ name, sizeBytes, sopInstanceUid }: ImportFile, { outcome, reason, meaning }: Verdict): void {
    this.#listener.onFile({ name, sizeBytes, outcome, reason, meaning, sopInstanceUid });
  }
}
