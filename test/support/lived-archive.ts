/**
 * An archive that has lived: a corpus came in twice and was cut short by a kill -9, senders contradicted each other and
 * themselves, an administrator decided, small segments were joined. Then it stops; its store and its database stay.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDevice,
  createFacility,
  type Database,
  listQuarantine,
  migrate,
  openDatabase,
  type Quarantined,
} from '@sandyq/database';
import { createKey } from './api-keys.ts';
import { type ArchiveProcess, startArchiveProcess } from './archive-process.ts';
import { type Answers, type AskedAs, collectAnswers } from './collect-answers.ts';
import { corpusFiles, readCorpusFile } from './corpus.ts';
import { storeMany, storeOne } from './dicomweb.ts';
import { type MadeAttributes, makeNativeImage } from './made-instances.ts';
import type { SeededRandom } from './seeded-random.ts';

type Headers = Record<string, string>;

/** Settings of its processes, DATABASE_URL among them. */
export type ArchiveEnvironment = Readonly<Record<string, string>> & { readonly DATABASE_URL: string };

/** What is left of it. */
export interface LivedArchive {
  /** Whose keys it made. */
  readonly keys: AskedAs;
  /** What it answered last. */
  readonly answers: Answers;
  /** Last change of its feed. */
  readonly lastChange: string;
}

const SETTLED_WITHIN_MS = 60_000;
const SENDERS = 4;

/** Lets an archive live in an empty database and an empty store. */
export async function letArchiveLive(
  environment: ArchiveEnvironment,
  random: SeededRandom,
): Promise<LivedArchive> {
  const database = openDatabase({ connectionString: environment.DATABASE_URL });
  try {
    const keys = await makePrincipals(database);
    await importUnderFire(environment, keys);
    const archive = await startArchiveProcess('standalone', environment);
    try {
      const life = new Life(archive, database, { keys, random });
      await life.sendCorpus();
      await life.contradict();
      await life.decide();
      await life.joinSegments();
      await life.settle();
      const answers = await collectAnswers(archive.url, keys);
      const lastChange = await life.lastChange();
      await archive.stop();
      return { keys, answers, lastChange };
    } finally {
      await archive.kill();
    }
  } finally {
    await database.close();
  }
}

interface Keys extends AskedAs {
  readonly hospital: Headers;
  /** Of one device of the hospital. */
  readonly ct: Headers;
  readonly clinic: Headers;
}

async function makePrincipals(database: Database): Promise<Keys> {
  await migrate(database);
  return database.inTransaction(async (client) => {
    for (const code of ['hospital', 'clinic']) await createFacility(client, { code, name: code }, 'test');
    await createDevice(client, { facilityCode: 'hospital', code: 'ct', origin: 'local' }, 'test');
    const bearer = async (owner: Parameters<typeof createKey>[1]): Promise<Headers> => ({
      Authorization: `Bearer ${await createKey(client, owner)}`,
    });
    return {
      hospital: await bearer({ roles: ['scanner'], facilityCode: 'hospital' }),
      ct: await bearer({ roles: ['scanner'], deviceCode: 'ct' }),
      clinic: await bearer({ roles: ['scanner'], facilityCode: 'clinic' }),
      radiologist: await bearer({ roles: ['radiologist'] }),
      administrator: await bearer({ roles: ['administrator'] }),
    };
  });
}

/** Part of the corpus, until the process is killed. What was not acknowledged comes again. */
async function importUnderFire(environment: ArchiveEnvironment, keys: Keys): Promise<void> {
  const archive = await startArchiveProcess('standalone', environment);
  const sending = sendAll(archive.url, corpusFiles().slice(0, 150), keys.hospital);
  const killing = sleep(1_200).then(() => archive.kill());
  await Promise.allSettled([sending, killing]);
}

async function sendAll(
  url: string,
  files: readonly { readonly path: string; readonly StudyInstanceUID: string | null }[],
  headers: Headers,
): Promise<void> {
  const studies = Map.groupBy(files, ({ StudyInstanceUID, path }) => StudyInstanceUID ?? path).values();
  const sender = async (): Promise<void> => {
    for (const study of studies) {
      for (const { path } of study) await storeOne(url, readCorpusFile(path), { headers, single: true });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

class Life {
  readonly #url: string;
  readonly #database: Database;
  readonly #keys: Keys;
  readonly #random: SeededRandom;

  constructor(
    archive: ArchiveProcess,
    database: Database,
    { keys, random }: { readonly keys: Keys; readonly random: SeededRandom },
  ) {
    this.#url = archive.url;
    this.#database = database;
    this.#keys = keys;
    this.#random = random;
  }

  /** All of it, several files a request: what is here already, what can't be accepted, what contradicts itself. */
  async sendCorpus(): Promise<void> {
    const studies = Map.groupBy(
      corpusFiles(),
      ({ StudyInstanceUID, path }) => StudyInstanceUID ?? path,
    ).values();
    const sender = async (): Promise<void> => {
      for (const study of studies) {
        const bytes = study.map(({ path }) => readCorpusFile(path));
        await storeMany(this.#url, bytes, this.#keys.hospital);
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
  }

  /** Studies of three series of small images, each image in a request of its own, and everything that can be wrong with them. */
  async contradict(): Promise<void> {
    for (let number = 1; number <= 3; number += 1) {
      const study = `2.25.77.${number}`;
      for (let image = 1; image <= 6; image += 1) await this.#send(study, image);
      await this.#send(study, 1); // the very bytes again
      await this.#send(study, 2, { patientName: 'Түзетілген^Айгүл' }, { expect: 'proposed-correction' });
      await this.#send(study, 3, { patientName: 'Түзетілген^Сәуле' }, { expect: 'proposed-correction' });
      await this.#send(study, 1, {}, { variant: 1, expect: 'duplicate-sop-instance' });
      await this.#send(study, 4, {}, { variant: 2, expect: 'duplicate-sop-instance' });
      await this.#send(study, 5, {}, { variant: 3, expect: 'duplicate-sop-instance' });
      await this.#send(study, 7, { patientId: 'P-stranger' }, { expect: 'identity-conflict' });
      await this.#send(study, 8, {}, { sender: this.#keys.clinic, expect: 'foreign-study' });
      await this.#send(study, 9, {}, { sender: this.#keys.clinic, expect: 'foreign-study' });
      await this.#sendElsewhere(study, 10);
      await this.#sendElsewhere(study, 11);
    }
  }

  /** In the first study everything is decided for the newcomer, in the second against it, in the third not at all. */
  async decide(): Promise<void> {
    for (const entry of await this.#entries('2.25.77.1')) {
      const isContradiction = entry.reason === 'duplicate-sop-instance';
      await this.#post(`quarantine/${entry.quarantineId}/${isContradiction ? 'replace' : 'accept'}`);
    }
    for (const entry of await this.#entries('2.25.77.2')) {
      await this.#post(`quarantine/${entry.quarantineId}/discard`);
    }
    const corrections = await this.#database.query<{ id: number }>({
      text: `select proposed_correction_id as id from proposed_correction c join study s using (study_key)
        where s.study_instance_uid = '2.25.77.2'`,
    });
    for (const { id } of corrections.rows) await this.#post(`proposed-corrections/${id}/discard`);
  }

  async joinSegments(): Promise<void> {
    await this.settle();
    await this.#post('compaction');
  }

  /** Until nothing is left that the archive does in the background and that changes what is where. */
  async settle(): Promise<void> {
    const deadline = performance.now() + SETTLED_WITHIN_MS;
    for (;;) {
      const left = await this.#database.query<{ segments: number; lines: number; founders: number }>({
        text: `select (select count(*)::int from segment where state in ('duplicate', 'superseded') or verdicts_due) as segments,
          (select count(*)::int from journal_line where position is null) as lines,
          (select count(*)::int from study where founding_due) + (select count(*)::int from series where founding_due)
            as founders`,
      });
      const [counts] = left.rows;
      if (counts !== undefined && counts.segments + counts.lines + counts.founders === 0) return;
      if (performance.now() > deadline)
        throw new Error(`the archive does not settle: ${JSON.stringify(counts)}`);
      await sleep(100);
    }
  }

  /** Cursor of the last change. */
  async lastChange(): Promise<string> {
    const found = await this.#database.query<{ cursor: string }>({
      text: `select epoch || ':' || position as cursor from change order by epoch desc, position desc limit 1`,
    });
    return found.rows[0]?.cursor ?? '0:0';
  }

  async #send(
    study: string,
    image: number,
    attributes: MadeAttributes = {},
    options: { readonly variant?: number; readonly sender?: Headers; readonly expect?: string } = {},
  ): Promise<void> {
    const bytes = imageOf(study, image, { ...attributes, variant: options.variant ?? 0 });
    const usual = study.endsWith('3') ? this.#keys.ct : this.#keys.hospital;
    const headers = options.sender ?? usual;
    const { reason } = await storeOne(this.#url, bytes, { headers, single: this.#random.next() < 0.5 });
    if (reason !== options.expect) throw new Error(`image ${image} of ${study}: ${reason}`);
  }

  /** To the path of another study: kept as an object of its own. */
  async #sendElsewhere(study: string, image: number): Promise<void> {
    const answer = await fetch(`${this.#url}/dicom-web/studies/9.9.9`, {
      method: 'POST',
      headers: {
        ...this.#keys.hospital,
        'Content-Type': 'application/dicom',
        Accept: 'application/dicom+json',
      },
      body: new Uint8Array(imageOf(study, image, { variant: 0 })),
    });
    await answer.body?.cancel();
    if (answer.status === 200) throw new Error('it was to be refused');
  }

  async #entries(study: string): Promise<Quarantined[]> {
    const entries = await listQuarantine(this.#database, { state: 'open' }, 1_000);
    return entries.filter(({ studyInstanceUid }) => studyInstanceUid === study).reverse();
  }

  async #post(path: string): Promise<void> {
    const answer = await fetch(`${this.#url}/admin/${path}`, {
      method: 'POST',
      headers: this.#keys.administrator,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status} for ${path}: ${text}`);
  }
}

/** The same arguments make the same bytes; another variant has other pixels. */
function imageOf(
  study: string,
  image: number,
  { variant, ...attributes }: MadeAttributes & { readonly variant: number },
): Buffer {
  const series = `${study}.${(image % 3) + 1}`;
  const pixels = Buffer.alloc(8 * 8 * 2, image * 16 + variant);
  return makeNativeImage(
    { studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid: `${series}.${image}` },
    { rows: 8, columns: 8, pixels },
    { instanceNumber: image, patientId: `P-${study}`, patientName: `Сынақ^${image}`, ...attributes },
  ).bytes;
}
