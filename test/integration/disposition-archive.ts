/** A running archive with studies that come and go, and what tests of disposition ask of it. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, openSegment, studyKeyPrefix } from '@sandyq/storage';
import { get } from '../support/dicomweb.ts';
import { adopt, storeOldStudy } from '../support/disposing-archive.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const DAY_MS = 86_400_000;

/** Nothing is compacted by itself; everything is kept for a year. */
export class DispositionArchive {
  readonly test: TestArchive;
  readonly #folder: string;
  #studies = 0;

  private constructor(test: TestArchive, folder: string) {
    this.test = test;
    this.#folder = folder;
  }

  async stop(): Promise<void> {
    await this.test.stop();
    await rm(this.#folder, { recursive: true });
  }

  static async start(): Promise<DispositionArchive> {
    const folder = await mkdtemp(join(tmpdir(), 'sandyq-key-'));
    const signingKey = join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(signingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const coldFolder = join(folder, 'cold');
    await mkdir(coldFolder);
    const test = await startArchive({
      environment: {
        SANDYQ_COLD_FOLDER: coldFolder,
        SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
        SANDYQ_RETENTION_GRACE_DAYS: '0',
        SANDYQ_SIGNING_KEY: signingKey,
        SANDYQ_BACKUP_DAYS: '10',
      },
    });
    await adopt(test.archive);
    return new DispositionArchive(test, folder);
  }

  /** Stores a study of two series with two instances each: `{study}.{series}.{number}`. */
  async newStudy(): Promise<string> {
    this.#studies += 1;
    const study = `2.25.4000.${this.#studies}`;
    await storeOldStudy(this.test.url, study);
    return study;
  }

  /** Keys of the study's objects. */
  async keysOf(study: string, store: ObjectStore = this.test.archive.store): Promise<string[]> {
    return (await Array.fromAsync(store.list(studyKeyPrefix(study)))).map(({ key }) => key);
  }

  /** SOP Instance UIDs of all entries of the study's objects. */
  async entriesOf(study: string): Promise<string[]> {
    const { store } = this.test.archive;
    const opened = await Promise.all((await this.keysOf(study)).map((key) => openSegment(store, key)));
    const uids = opened.flatMap(({ receipt }) => receipt.entries.map(({ sopInstanceUid }) => sopInstanceUid));
    return uids.sort();
  }

  async rows(text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
    return (await this.test.archive.database.query({ text, values })).rows;
  }

  /** State and outcome of the study's item in the last plan that names it. */
  async itemOf(study: string): Promise<Record<string, unknown> | undefined> {
    const [item] = await this.rows(
      `select i.state, i.outcome from disposition_plan_item i join disposition_plan p using (plan_id)
        where study_instance_uid = $1 order by p.created_at desc limit 1`,
      study,
    );
    return item;
  }

  async isShown(study: string): Promise<boolean> {
    return (await get(`${this.test.url}/dicom-web/studies?StudyInstanceUID=${study}`)).status === 200;
  }
}

/** A clock so many days ahead. */
export const later = (days: number) => () => new Date(Date.now() + days * DAY_MS);
