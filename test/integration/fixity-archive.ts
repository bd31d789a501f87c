/** An archive with something of everything in its store, a replica where there is an S3 server, and the means to damage it. Not a test. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createIssuer, listQuarantine } from '@sandyq/database';
import {
  exportJournal,
  type FixityFinding,
  type ReplicationStatus,
  replicationStatus,
} from '@sandyq/indexing';
import { type ObjectStat, type ObjectStore, openSegment } from '@sandyq/storage';
import type { S3TestServer } from '@sandyq/storage/testing';
import { type LogLine, recordingLogger } from '@sandyq/telemetry';
import { bareEnvironment } from '../support/bare-environment.ts';
import { get, storeAll } from '../support/dicomweb.ts';
import {
  type MadeInstance,
  makeEncapsulatedImage,
  makeNativeImage,
  makePdf,
} from '../support/made-instances.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import { s3TestStore, type TestStore } from '../support/test-store.ts';

/** Where it keeps its objects. */
export interface FixityArchiveOptions {
  /** Absent: the file system. */
  readonly primary?: S3TestServer | undefined;
  /** Absent: no replica. */
  readonly replica?: S3TestServer | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What `npm run fixity -- --json` prints. */
export interface PrintedReport {
  readonly isFinished: boolean;
  readonly damaged: number;
  readonly repaired: number;
  readonly notRepairable: number;
  readonly isWhole: boolean;
  readonly read: Readonly<Record<string, number>>;
  readonly findings: readonly FixityFinding[];
}

/** How a script ended. */
export interface ScriptResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest that copying may take in these tests. */
const SETTLED_MS = 30_000;

export class FixityArchive {
  readonly test: TestArchive;
  readonly replica: TestStore | undefined;
  readonly lines: readonly LogLine[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #remove: () => Promise<void>;

  private constructor(
    test: TestArchive,
    parts: Pick<FixityArchive, 'replica' | 'lines'> & {
      readonly environment: Readonly<Record<string, string>>;
      readonly remove: () => Promise<void>;
    },
  ) {
    this.test = test;
    this.replica = parts.replica;
    this.lines = parts.lines;
    this.#environment = parts.environment;
    this.#remove = parts.remove;
  }

  static async start(options: FixityArchiveOptions): Promise<FixityArchive> {
    const primary = options.primary && s3TestStore(options.primary);
    const replica = options.replica && s3TestStore(options.replica);
    const environment = {
      ...primary?.environment,
      ...(replica && replicaEnvironment(replica)),
      // Superseded objects stay, and nothing is read in the background: the tests decide.
      SANDYQ_SUPERSEDE_GRACE_SECONDS: '86400',
      SANDYQ_FIXITY_INTERVAL_DAYS: '0',
      ...options.environment,
    };
    const { logger, lines } = recordingLogger();
    const test = await startArchive({ environment, logger });
    const remove = async (): Promise<void> => {
      await primary?.remove();
      await replica?.remove();
    };
    return new FixityArchive(test, { replica, lines, environment, remove });
  }

  async stop(): Promise<void> {
    await this.test.stop();
    await this.#remove();
  }

  get store(): ObjectStore {
    return this.test.archive.store;
  }

  /** `count` studies of one segment each, with a multi-frame image, a compressed one and a document. */
  async storeStudies(random: SeededRandom, count: number): Promise<MadeInstance[]> {
    const made: MadeInstance[] = [];
    for (let index = 0; index < count; index += 1) {
      const [study, series] = [random.uid(), random.uid()];
      const ids = () => ({
        studyInstanceUid: study,
        seriesInstanceUid: series,
        sopInstanceUid: random.uid(),
      });
      const instances = [
        makeNativeImage(ids(), { rows: 32, columns: 32, frames: 4, pixels: random.bytes(8_192) }),
        makeEncapsulatedImage(ids(), {
          rows: 16,
          columns: 16,
          fragments: [random.bytes(3_001), random.bytes(500)],
        }),
        makePdf(ids(), random.bytes(9_000)),
      ];
      await storeAll(
        this.test.url,
        instances.map(({ bytes }) => bytes),
      );
      made.push(...instances);
    }
    return made;
  }

  /** Bytes that are refused and kept as objects of their own: sent to the path of another study. */
  async refuse(instances: readonly MadeInstance[]): Promise<void> {
    for (const { bytes } of instances) {
      const answer = await fetch(`${this.test.url}/dicom-web/studies/9.9.9`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' },
        body: new Uint8Array(bytes),
      });
      await answer.body?.cancel();
    }
  }

  /** One more object of the journal. */
  async addJournalBatch(name: string): Promise<void> {
    const { database, store, maintenance, logger } = this.test.archive;
    await database.inTransaction((client) => createIssuer(client, { localNamespace: name }, 'test'));
    await exportJournal({ database, store, maintenance, logger });
  }

  keys(prefix: string, store: ObjectStore = this.store): Promise<string[]> {
    return Array.fromAsync(store.list(prefix), ({ key }: ObjectStat) => key);
  }

  /** The segment that holds the instance now. */
  async keyOf({ sopInstanceUid }: Pick<MadeInstance, 'sopInstanceUid'>): Promise<string> {
    const found = await this.test.archive.database.query<{ object_key: string }>({
      text: 'select object_key from instance join segment using (segment_id) where sop_instance_uid = $1',
      values: [sopInstanceUid],
    });
    const [row] = found.rows;
    if (row === undefined) throw new Error(`${sopInstanceUid} is not in the index`);
    return row.object_key;
  }

  async receiptOf(key: string) {
    return openSegment(this.store, key);
  }

  /** Waits until nothing waits for the replica; throws if something is left. */
  async settled(): Promise<ReplicationStatus> {
    const deadline = performance.now() + SETTLED_MS;
    for (;;) {
      const status = await this.status();
      const waiting = status.segments.objects + status.quarantine.objects + status.journal.objects;
      if (waiting + status.deletions === 0) return status;
      if (performance.now() > deadline) throw new Error(`not copied: ${JSON.stringify(status)}`);
      await sleep(100);
    }
  }

  status(): Promise<ReplicationStatus> {
    const { database, store } = this.test.archive;
    return replicationStatus({ database, store, now: () => new Date() });
  }

  /** The received bytes as they are served, or the status. */
  async original({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: MadeInstance) {
    const url = `${this.test.url}/originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
    try {
      const { status, body } = await get(url);
      return status === 200 ? body : status;
    } catch (error) {
      // How fetch() tells a body that ended before its time.
      if (error instanceof TypeError) return 'broken';
      throw error;
    }
  }

  /** Instances whose bytes are not served as they were sent. */
  async servedWrong(made: readonly MadeInstance[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const instance of made) {
      const served = await this.original(instance);
      if (!(served instanceof Buffer) || !served.equals(instance.bytes)) wrong.push(instance.sopInstanceUid);
    }
    return wrong;
  }

  quarantined() {
    return listQuarantine(this.test.archive.database, { state: 'open' }, 100);
  }

  /** `npm run fixity -- …` in a process of its own. */
  fixity(...args: string[]): Promise<ScriptResult> {
    return this.#run('fixity.ts', args);
  }

  admin(...args: string[]): Promise<ScriptResult> {
    return this.#run('admin.ts', args);
  }

  /** As {@link fixity}, with what it says in JSON. */
  async report(...args: string[]): Promise<{ code: number | null; report: PrintedReport }> {
    return reportOf(await this.fixity(...args, '--json'));
  }

  /** As {@link report} of a run that is told to stop when `until` resolves. */
  async interrupted(args: readonly string[], until: () => Promise<void>) {
    return reportOf(
      await this.#run('fixity.ts', [...args, '--json'], async (kill) => {
        await until();
        kill();
      }),
    );
  }

  /** What a process on this archive is told. */
  get environment(): Record<string, string> {
    return {
      DATABASE_URL: this.test.testDatabase.connectionString,
      SANDYQ_DATA: this.test.settings.dataFolder,
      ...this.#environment,
    };
  }

  /** A script of the repository as `npm run` runs it; `whileRunning` may send it a signal. */
  async #run(
    script: string,
    args: readonly string[],
    whileRunning?: (kill: () => void) => Promise<void>,
  ): Promise<ScriptResult> {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../scripts', script), ...args], {
      env: { ...bareEnvironment(), ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      await whileRunning?.(() => child.kill('SIGINT'));
    } catch (error) {
      child.kill('SIGKILL');
      await ended;
      throw error;
    }
    return { code: await ended, ...texts };
  }
}

function reportOf({ code, stdout, stderr }: ScriptResult): { code: number | null; report: PrintedReport } {
  if (stdout === '') throw new Error(`fixity ended with ${code}: ${stderr}`);
  return { code, report: JSON.parse(stdout) as PrintedReport };
}

/** Names of the replica's settings for those of a store. */
export function replicaEnvironment({ environment }: TestStore): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name.replace(/^(SANDYQ_)?S3_/, (start) => `${start}REPLICA_`),
      value,
    ]),
  );
}
