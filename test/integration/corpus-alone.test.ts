/**
 * Each acceptable file of the corpus under UIDs of its own, so that collisions hide nothing: it is stored with plain success and
 * comes back whole, as data set, as metadata and frame by frame, through every topology and from every store.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  compareContent,
  type DicomJson,
  digestContent,
  type Part10File,
  readPart10,
  stringifyDicomJson,
  toDicomJson,
} from '@sandyq/dicom';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  corpusNote,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { deployments } from '../support/deployments.ts';
import {
  get,
  getJson,
  getParts,
  nameOf,
  originalUrl,
  type StoreVerdict,
  storeOne,
} from '../support/dicomweb.ts';
import { expectedFrames } from '../support/expected-frames.ts';
import { FreshUids, UidsNotReplaceableError, withFreshUids } from '../support/fresh-uids.ts';

const s3 = await s3ForTests();
afterAll(() => s3.release());

const asStored = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
/** Transfer syntaxes that PS3.18 §8.7.3 forbids to send. */
const unsendable: ReadonlySet<string> = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.2']);
/** Files whose UIDs are too short to be replaced by others of their length; no other file of the corpus has them. */
const shortUids = ['awkward/no-meta-length-test.dcm', 'mg/example-mg.dcm'];
const CLIENTS = 4;

interface LoneFile {
  readonly entry: CorpusFile;
  readonly bytes: Buffer;
  readonly file: Part10File;
}

/** Every acceptable file under UIDs that no other file has. */
function loneFiles(): readonly LoneFile[] {
  const uids = new FreshUids();
  return corpusFiles()
    .filter(isAcceptable)
    .map((entry) => {
      const received = readCorpusFile(entry.path);
      const bytes = shortUids.includes(entry.path) ? received : withFreshUids(received, uids).bytes;
      return { entry, bytes, file: readPart10(bytes) };
    });
}

describe.skipIf(skipWithoutCorpus)(`files with UIDs too short to be replaced${corpusNote}`, () => {
  it('are these two, and share their UIDs with no other file', () => {
    for (const path of shortUids) {
      expect(() => withFreshUids(readCorpusFile(path), new FreshUids())).toThrow(UidsNotReplaceableError);
      const { StudyInstanceUID, SOPInstanceUID } = corpusFiles().find((file) => file.path === path) ?? {};
      const alike = corpusFiles().filter(
        (file) => file.StudyInstanceUID === StudyInstanceUID || file.SOPInstanceUID === SOPInstanceUID,
      );
      expect(alike.map((file) => file.path)).toEqual([path]);
    }
  });
});

for (const deployment of deployments(s3, 'two')) {
  describe.skipIf(skipWithoutCorpus || deployment.isSkipped)(
    `each file alone, ${deployment.name}${corpusNote}`,
    () => {
      const files = loneFiles();
      const urls = new Map<LoneFile, string>();
      const verdicts = new Map<LoneFile, StoreVerdict & { readonly status: number }>();
      let archive: DeployedArchive | undefined;

      /** Runs a check on every file and names those that fail. */
      async function ofAll(check: (file: LoneFile, url: string) => Promise<unknown>): Promise<void> {
        const faults: string[] = [];
        await eachOf(files, async (file) => {
          try {
            await check(file, urls.get(file) ?? '');
          } catch (error) {
            faults.push(`${file.entry.path}: ${error instanceof Error ? error.message : String(error)}`);
          }
        });
        expect(faults.sort()).toEqual([]);
      }

      beforeAll(async () => {
        const { url } = (archive = await deployArchive(deployment));
        await eachOf(files, async (file) => {
          const verdict = await storeOne(url, file.bytes);
          verdicts.set(file, verdict);
          urls.set(file, verdict.retrieveUrl ?? '');
        });
      }, 300_000);
      afterAll(() => archive?.stop());

      it('is stored with plain success', () => {
        const others = files.flatMap((file) => {
          const { status, kind, reason } = verdicts.get(file) ?? {};
          return status === 200 && kind === 'stored' && reason === undefined
            ? []
            : [`${file.entry.path}: ${status} ${kind} ${reason}`];
        });
        expect(others).toEqual([]);
        expect(files.length).toBe(377);
        expect(new Set(urls.values()).size).toBe(files.length);
      });

      it('comes back bit for bit from /originals', async () => {
        await ofAll(async ({ bytes }, url) => {
          const { status, body } = await get(originalUrl(url));
          expect(status).toBe(200);
          expect(body.equals(bytes)).toBe(true);
        });
      });

      it('comes back with the same data set for transfer-syntax=*, or with equal content where §8.7.3 forbids it', async () => {
        await ofAll(async ({ bytes, file }, url) => {
          const [part, ...others] = await getParts(url, asStored);
          expect(others).toEqual([]);
          if (part === undefined) throw new Error('no part');
          const sent = readPart10(part.body);
          if (!unsendable.has(file.transferSyntax.uid)) {
            expect(sent.transferSyntax.uid).toBe(file.transferSyntax.uid);
            expect(part.body.subarray(sent.dataSetOffset).equals(bytes.subarray(file.dataSetOffset))).toBe(
              true,
            );
            return;
          }
          expect(sent.transferSyntax.uid).toBe(explicitLittleEndian);
          expect(compareContent(await digest(bytes), await digest(part.body), true)).toBe('equal');
        });
      });

      it('has the metadata of its bytes and the name of the manifest', async () => {
        await ofAll(async ({ entry, file }, url) => {
          const instances = await getJson<DicomJson[]>(`${url}/metadata`);
          const { json } = toDicomJson(file, { bulkDataUri: (path) => `${url}/bulkdata/${path}` });
          expect(instances).toEqual([JSON.parse(stringifyDicomJson(json))]);
          expect(nameOf(instances[0]?.['00100010'])).toBe(
            (entry.PatientName ?? '').trim().replace(/=+$/, ''),
          );
        });
      });

      it('has every frame, the first one with the reference pixels', async () => {
        let frames = 0;
        let references = 0;
        await ofAll(async ({ entry, bytes, file }, url) => {
          const expected = await expectedFrames(bytes, file);
          if (expected.frames.length === 0) return;
          const numbers = expected.frames.map((_, index) => index + 1).join();
          const parts = await getParts(
            `${url}/frames/${numbers}`,
            'multipart/related; type="*/*"; transfer-syntax=*',
          );
          expect(parts.map(({ body }) => sha256(body))).toEqual(expected.frames.map(sha256));
          frames += parts.length;
          if (file.pixelData?.kind === 'encapsulated') {
            // Whatever the frames are cut by: together they are all the fragments.
            const fragments = file.pixelData.fragments.map(({ offset, length }) =>
              bytes.subarray(offset, offset + length),
            );
            expect(sha256(Buffer.concat(parts.map(({ body }) => body)))).toBe(
              sha256(Buffer.concat(fragments)),
            );
          }
          if (expected.kind !== 'native' || entry.frame0_sha256 === undefined) return;
          expect(sha256(parts[0]?.body ?? Buffer.alloc(0))).toBe(entry.frame0_sha256);
          references += 1;
        });
        expect(frames).toBeGreaterThan(2_000);
        expect(references).toBeGreaterThan(220);
      });

      // For compressed ones see transcoding-corpus.test.ts.
      it('has its native frames as octets by default', async () => {
        await ofAll(async ({ entry, file }, url) => {
          if (entry.frame0_sha256 === undefined || file.pixelData === undefined) return;
          if (file.transferSyntax.compression !== 'none') return;
          const { status, headers, body } = await get(`${url}/frames/1`, {
            Accept: 'application/octet-stream',
          });
          expect([status, headers.get('content-type')]).toEqual([
            200,
            `application/octet-stream; transfer-syntax=${explicitLittleEndian}`,
          ]);
          expect(sha256(body)).toBe(entry.frame0_sha256);
        });
      });
    },
  );
}

/** Several at a time. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const client = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

function digest(bytes: Uint8Array) {
  return digestContent(Readable.from([bytes]));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
