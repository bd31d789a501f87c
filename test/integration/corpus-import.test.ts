/**
 * The whole corpus goes in, file by file: what must be accepted is stored or gets the verdict of design §2.5, what must be refused
 * is refused for its fault and kept in quarantine, bit for bit; and a second import adds nothing.
 */
import { createHash } from 'node:crypto';
import { entryReference, openSegment, readEntry } from '@sandyq/storage';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Census, takeCensus } from '../support/census.ts';
import {
  type CorpusFile,
  corpusFiles,
  corpusNote,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { corpusCollisions, verdictOnDifference } from '../support/corpus-collisions.ts';
import { refusalOf } from '../support/corpus-refusals.ts';
import { type DeployedArchive, deployArchive, waitForSupersession } from '../support/deploy-archive.ts';
import { deployments } from '../support/deployments.ts';
import { get } from '../support/dicomweb.ts';
import { type ImportedCorpus, importCorpus } from '../support/import-corpus.ts';
import { requestReconcile } from '../support/requested-reconcile.ts';

const s3 = await s3ForTests();
const files = corpusFiles();
const collisions = corpusCollisions();

afterAll(() => s3.release());

interface Expected {
  readonly path: string;
  readonly kind: string;
  /** Of the warning or failure; undefined for plain success. */
  readonly reason: string | undefined;
}

/** What the archive must say when the corpus comes in the order of the manifest. */
function expectedVerdict(file: CorpusFile): Expected {
  const { path } = file;
  if (!isAcceptable(file)) return { path, kind: 'failed', reason: refusalOf(file) };
  const collision = collisions.get(path);
  if (collision === undefined) return { path, kind: 'stored', reason: undefined };
  return { path, ...verdictOnDifference[collision.difference] };
}

/** What the archive said. */
function verdictsIn(imported: ImportedCorpus): readonly Expected[] {
  return files.map(({ path }) => {
    const verdict = imported.get(path);
    return { path, kind: verdict?.kind ?? 'not sent', reason: verdict?.reason };
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of what lies in quarantine, by SHA-256 of what was received; read back from the store. */
async function quarantined(archive: DeployedArchive): Promise<Map<string, string>> {
  const listed = await archive.database.query<QuarantineRow>({
    text: 'select sha256, object_key, segment_id, entry_offset from quarantine',
  });
  const found = new Map<string, string>();
  for (const row of listed.rows) {
    const bytes = Buffer.concat(await Array.fromAsync(await readQuarantined(archive, row)));
    found.set(row.sha256.toString('hex'), sha256(bytes));
  }
  return found;
}

interface QuarantineRow {
  readonly sha256: Buffer;
  readonly object_key: string;
  readonly segment_id: string | null;
  readonly entry_offset: number;
}

/** An object of its own, or an entry of a segment. */
async function readQuarantined(
  { store }: DeployedArchive,
  { object_key: key, segment_id: segmentId, entry_offset: offset }: QuarantineRow,
): Promise<AsyncIterable<Uint8Array>> {
  if (segmentId === null) return store.read(key);
  const { receipt } = await openSegment(store, key);
  const entry = receipt.entries.find((entry) => entry.offset === offset);
  if (entry === undefined) throw new Error(`${key} has no entry at ${offset}`);
  return readEntry(store, entryReference(key, entry));
}

for (const deployment of deployments(s3, 'two')) {
  describe.skipIf(skipWithoutCorpus || deployment.isSkipped)(
    `the corpus, ${deployment.name}${corpusNote}`,
    () => {
      let archive: DeployedArchive;
      let imported: ImportedCorpus;
      let census: Census;

      beforeAll(async () => {
        archive = await deployArchive(deployment);
        imported = await importCorpus(archive.url, files, { single: false });
        await waitForSupersession(archive);
        census = await takeCensus(archive);
      }, 300_000);
      afterAll(() => archive.stop());

      it('gets a verdict on every file: stored, a verdict on its SOP Instance UID, or its fault', () => {
        expect(verdictsIn(imported)).toEqual(files.map(expectedVerdict));
      });

      it('keeps in quarantine, bit for bit, whatever was not accepted, and nothing else', async () => {
        const refused = files.filter((file) => expectedVerdict(file).kind === 'failed');
        const found = await quarantined(archive);
        expect(refused.map(({ path, sha256 }) => [path, found.get(sha256)])).toEqual(
          refused.map(({ path, sha256 }) => [path, sha256]),
        );
        expect(found.size).toBe(refused.length);
      });

      it('gives back every stored file as it was received', async () => {
        const stored = files.filter(
          (file) => expectedVerdict(file).kind === 'stored' && !collisions.has(file.path),
        );
        const wrong: string[] = [];
        for (const { path, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } of stored) {
          const uids = [StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID].map((uid) =>
            encodeURIComponent(uid ?? ''),
          );
          const { status, body } = await get(`${archive.url}/originals/${uids.join('/')}`);
          if (status !== 200 || !body.equals(readCorpusFile(path))) wrong.push(`${path}: ${status}`);
        }
        expect(wrong).toEqual([]);
        expect(stored.length).toBeGreaterThan(300);
      });

      it('holds one instance for each SOP Instance UID, and each object is named by a row', async () => {
        const uids = new Set(files.filter(isAcceptable).map(({ SOPInstanceUID }) => SOPInstanceUID));
        expect(census.rows).toMatchObject({
          sop_instance: uids.size,
          instance: uids.size,
          instance_metadata: uids.size,
          identity_conflict: 0,
          proposed_correction: count('patient-or-study'),
        });
        const named = await archive.database.query<{ object_key: string }>({
          text: `select object_key from segment where state = 'live' union select object_key from quarantine`,
        });
        expect(census.keys).toEqual(named.rows.map((row) => row.object_key).sort());
      });

      it('is whole to whoever compares store and index', async () => {
        expect(await requestReconcile(archive.url, { dryRun: true })).toMatchObject({
          state: 'done',
          listed: census.keys.filter((key) => key.startsWith('v1/')).length,
          unknown: 0,
          incomplete: 0,
          damaged: [],
          missing: [],
          missingQuarantine: [],
          unlisted: [],
          foreign: [],
          failed: [],
        });
      });

      it('adds nothing when it is sent again, one instance a request without multipart', async () => {
        const again = await importCorpus(archive.url, files, { single: true });
        expect(verdictsIn(again)).toEqual(files.map(expectedVerdict));
        await waitForSupersession(archive);
        const { timesReceived, ...held } = await takeCensus(archive);
        expect(held).toEqual({ rows: census.rows, keys: census.keys });
        const kept =
          files.filter((file) => expectedVerdict(file).kind === 'failed').length + count('patient-or-study');
        expect([census.timesReceived, timesReceived]).toEqual([kept, 2 * kept]);
      });

      it('kills no process and writes no patient into the log', () => {
        expect(archive.processes.filter((process) => process.hasEnded())).toEqual([]);
        const log = archive.log();
        const names = files.flatMap(({ PatientName }) => (PatientName ?? '').split(/[=^]/)).filter(isTelling);
        expect(names.filter((name) => log.includes(name))).toEqual([]);
        expect(names.length).toBeGreaterThan(100);
      });
    },
  );
}

function count(difference: string): number {
  return [...collisions.values()].filter((collision) => collision.difference === difference).length;
}

/** Long enough not to be met by chance. */
function isTelling(name: string): boolean {
  return name.length >= 6;
}
