/** Our own archive for a run: a standalone process with an empty data folder that is removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { OWN_NAME } from './bench-arguments.ts';
import type { StorageWork, Target } from './bench-case.ts';
import { readStorageWork } from './storage-work.ts';

/** Starts it with the default settings; `environment` for a check that needs another. */
export async function startOwnArchive(
  environment: Readonly<Record<string, string>> = {},
): Promise<OwnArchive> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-bench-'));
  const settings = {
    SANDYQ_DATA: dataFolder,
    SANDYQ_OPEN_METRICS: 'true',
    ...forwardedSettings(),
    ...environment,
  };
  try {
    return new OwnArchive(dataFolder, settings, await startArchiveProcess('standalone', settings));
  } catch (error) {
    await rm(dataFolder, { recursive: true, force: true });
    throw error;
  }
}

/** A target that runs. */
export class OwnArchive implements Target {
  readonly name = OWN_NAME;
  readonly dataFolder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ArchiveProcess;

  constructor(dataFolder: string, settings: Readonly<Record<string, string>>, process: ArchiveProcess) {
    this.dataFolder = dataFolder;
    this.#settings = settings;
    this.#process = process;
  }

  /** `http://127.0.0.1:port`. */
  get url(): string {
    return this.#process.url;
  }

  get dicomWebUrl(): string {
    return `${this.url}/dicom-web`;
  }

  get pid(): number {
    return this.#process.pid;
  }

  pids(): readonly number[] {
    return [this.pid];
  }

  storageWork(): Promise<StorageWork> {
    return readStorageWork(this.url);
  }

  /** Ends the process and starts it again with the same data; the milliseconds until it was ready. */
  async restart(): Promise<number> {
    await this.#process.stop();
    const startedAt = performance.now();
    this.#process = await startArchiveProcess('standalone', this.#settings);
    return performance.now() - startedAt;
  }

  async stop(): Promise<void> {
    try {
      if (!this.#process.hasEnded()) await this.#process.stop();
    } finally {
      await rm(this.dataFolder, { recursive: true, force: true });
    }
  }
}

/** What the run's own environment says of the object store, of processes, and of compiled code, as `npm start` passes it. */
function forwardedSettings(): Record<string, string> {
  const settings = Object.entries(process.env).filter(
    ([name]) => name.startsWith('S3_') || name === 'SANDYQ_PROCESSES' || name === 'NODE_COMPILE_CACHE',
  );
  return Object.fromEntries(settings.map(([name, value]) => [name, value ?? '']));
}
