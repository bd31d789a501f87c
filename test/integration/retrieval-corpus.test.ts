/**
 * Every accepted file of the corpus, one per SOP Instance UID, comes back through each retrieve resource: judged by
 * readers and rules that stand here, not by those of retrieval.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { listInstances } from '@sandyq/database';
import {
  compareContent,
  type DicomJson,
  digestContent,
  type Part10File,
  readPart10,
  stringifyDicomJson,
  stringOf,
  Tags,
  toDicomJson,
  toExplicitLittleEndian,
} from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { get, getJson, storeOne } from '../support/dicomweb.ts';
import { getEncoded } from '../support/encoded-get.ts';
import { type ExpectedFrames, expectedFrames } from '../support/expected-frames.ts';
import { decodeMultipart, type MultipartPart } from '../support/multipart.ts';
import { startSecondRetrieval } from '../support/second-retrieval.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
/** Syntaxes that PS3.18 §8.7.3 forbids to send. */
const forbidden = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.2']);

interface StoredFile {
  readonly entry: CorpusFile;
  readonly bytes: Buffer;
  readonly file: Part10File;
  /** Of the instance. */
  readonly url: string;
}

describe.skipIf(skipWithoutCorpus)('retrieval of the corpus', () => {
  let archive: TestArchive;
  const stored: StoredFile[] = [];

  beforeAll(async () => {
    archive = await startArchive();
    const firsts = new Map(
      corpusFiles()
        .filter(isAcceptable)
        .toReversed()
        .map((entry) => [entry.SOPInstanceUID, entry]),
    );
    await concurrently([...firsts.values()], async (entry) => {
      const bytes = readCorpusFile(entry.path);
      const { kind, retrieveUrl, reason } = await storeOne(archive.url, bytes);
      if (kind !== 'stored' || retrieveUrl === undefined) throw new Error(`${entry.path}: ${kind} ${reason}`);
      stored.push({ entry, bytes, file: readPart10(bytes), url: retrieveUrl });
    });
  }, 300_000);
  afterAll(() => archive?.stop());

  /** Runs a check on every file and names those that fail. */
  async function expectOfAll(check: (stored: StoredFile) => Promise<unknown>): Promise<void> {
    const faults: string[] = [];
    await concurrently(stored, async (one) => {
      try {
        await check(one);
      } catch (error) {
        faults.push(`${one.entry.path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    expect(faults).toEqual([]);
  }

  it('has something to retrieve', () => {
    expect(stored.length).toBeGreaterThan(250);
  });

  it('gives back every received byte, with digest, length and tag', async () => {
    await expectOfAll(async ({ bytes, url }) => {
      const original = url
        .replace('/dicom-web/studies/', '/originals/')
        .replace('/series/', '/')
        .replace('/instances/', '/');
      const { status, headers, body } = await get(original);
      expect(status).toBe(200);
      expect(body.equals(bytes)).toBe(true);
      const digest = createHash('sha256').update(bytes).digest();
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'application/dicom',
        'content-length': String(bytes.length),
        'repr-digest': `sha-256=:${digest.toString('base64')}:`,
        etag: `"${digest.toString('hex')}"`,
        'cache-control': 'private, max-age=31536000, immutable',
      });
    });
  });

  it('sends instances as stored for transfer-syntax=*, byte for byte where the standard lets it', async () => {
    await expectOfAll(async ({ bytes, file, url }) => {
      const part = await onePart(url, 'multipart/related; type="application/dicom"; transfer-syntax=*');
      const uid = file.transferSyntax.uid;
      const sent = forbidden.has(uid) ? explicitLittleEndian : uid;
      expect(part.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${sent}`);
      const again = readPart10(part.body);
      expect(again.preamble).toBe(true);
      expect(again.transferSyntax.uid).toBe(sent);
      if (forbidden.has(uid)) await expectSameContent(bytes, part.body);
      else
        expect(part.body.subarray(again.dataSetOffset).equals(bytes.subarray(file.dataSetOffset))).toBe(true);
    });
  });

  it('sends native and losslessly compressed content in Explicit VR Little Endian by default, lossy content as stored', async () => {
    await expectOfAll(async ({ bytes, file, url }) => {
      const { transferSyntax, pixelData } = file;
      const { status, headers, body } = await get(url, { Accept: 'application/dicom' });
      const isNative = pixelData === undefined || transferSyntax.compression === 'none';
      const isLossless =
        transferSyntax.lossy === 'never' ||
        (transferSyntax.lossy === 'possible' && stringOf(file.dataSet, Tags.LossyImageCompression) === '00');
      expect(status).toBe(200);
      const sent = isNative || isLossless ? explicitLittleEndian : transferSyntax.uid;
      expect(headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${sent}`);
      expect(readPart10(body).transferSyntax.uid).toBe(sent);
      // What was decoded: transcoding-corpus.test.ts.
      if (isNative || !isLossless) await expectSameContent(bytes, body);
    });
  });

  it('sends the metadata with absolute bulk data URIs', async () => {
    await expectOfAll(async ({ file, url }) => {
      const [sent] = await getJson<DicomJson[]>(`${url}/metadata`);
      const { json } = toDicomJson(file, { bulkDataUri: (path) => `${url}/bulkdata/${path}` });
      expect(sent).toEqual(JSON.parse(stringifyDicomJson(json)));
    });
  });

  it('sends the metadata of a series and of a study as those of their instances, byte for byte, whoever kept them', async () => {
    const studiesUrl = `${archive.url}/dicom-web/studies`;
    const { host } = new URL(archive.url);
    const other = await startSecondRetrieval(archive);
    const texts = new Map<string, string>();
    await expectOfAll(async ({ url }) => {
      texts.set(url, (await getEncoded(`${url}/metadata`)).body.toString().slice(1, -1));
    });
    const series = [...new Set(stored.map(({ url }) => url.split('/instances/')[0] ?? ''))];
    const studies = [...new Set(series.map((url) => url.split('/series/')[0] ?? ''))];
    const faults: string[] = [];
    const compare = async (url: string, from: string, coding: string) => {
      const [studyInstanceUid = '', seriesInstanceUid] = url.slice(studiesUrl.length + 1).split('/series/');
      const list = await listInstances(archive.testDatabase.database, {
        studyInstanceUid,
        seriesInstanceUid,
      });
      const expected = list?.instances.map((one) =>
        texts.get(
          `${studiesUrl}/${studyInstanceUid}/series/${one.seriesInstanceUid}/instances/${one.sopInstanceUid}`,
        ),
      );
      const { body } = await getEncoded(`${from}/metadata`, { host, 'accept-encoding': coding });
      if (body.toString() !== `[${expected?.join(',')}]`) faults.push(`${coding} ${from}`);
    };
    // Made; then from memory, and by another process from the database.
    await concurrently(series, (url) => compare(url, url, 'gzip'));
    await concurrently(studies, (url) => compare(url, url, 'gzip'));
    await concurrently([...series, ...studies], (url) =>
      compare(url, url.replace(archive.url, other.url), 'identity'),
    );
    await other.stop();
    expect(faults).toEqual([]);
  });

  it('sends every frame, native ones in little endian and others as stored', async () => {
    let frames = 0;
    await expectOfAll(async ({ entry, bytes, file, url }) => {
      const expected = await expectedFrames(bytes, file);
      const numbers = expected.frames.map((_, index) => index + 1);
      const beyond = await get(`${url}/frames/${numbers.length + 1}`, { Accept: '*/*; transfer-syntax=*' });
      expect(beyond.status).toBe(404);
      expect(beyond.body.toString()).toContain(`no frame ${numbers.length + 1}`);
      if (numbers.length === 0) return;
      frames += numbers.length;
      const parts = await allParts(
        `${url}/frames/${numbers.join()}`,
        'multipart/related; type="*/*"; transfer-syntax=*',
      );
      expectFrames(parts, expected);
      if (expected.kind === 'native' && entry.frame0_sha256 !== undefined) {
        const single = await get(`${url}/frames/1`, { Accept: 'application/octet-stream' });
        expect(createHash('sha256').update(single.body).digest('hex')).toBe(entry.frame0_sha256);
      }
    });
    expect(frames).toBeGreaterThan(1_000);
  });

  it('sends what metadata name by a bulk data URI', async () => {
    let values = 0;
    await expectOfAll(async ({ bytes, file, url }) => {
      const plain = isInPlace(file) ? bytes : await explicitBytes(bytes);
      const { bulk, pixelData } = isInPlace(file) ? file : readPart10(plain);
      const [sent] = await getJson<DicomJson[]>(`${url}/metadata`);
      const uris = bulkUrisOf(sent ?? {});
      const native = pixelData?.kind === 'native' ? [{ ...pixelData, path: hex(pixelData.tag) }] : [];
      for (const { path, offset, length } of [...bulk, ...native]) {
        const uri = `${url}/bulkdata/${path}`;
        if (!uris.has(uri)) continue;
        values += 1;
        const { status, body } = await get(uri, { Accept: 'application/octet-stream' });
        expect(status).toBe(200);
        expect(body.equals(plain.subarray(offset, offset + length))).toBe(true);
      }
    });
    expect(values).toBeGreaterThan(200);
  });
});

/** Four at a time. */
async function concurrently<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

async function onePart(url: string, accept: string): Promise<MultipartPart> {
  const [part, ...others] = await allParts(url, accept);
  if (part === undefined || others.length > 0) throw new Error(`one part expected, not ${others.length + 1}`);
  return part;
}

async function allParts(url: string, accept: string): Promise<MultipartPart[]> {
  const { status, headers, body } = await get(url, { Accept: accept });
  if (status !== 200) throw new Error(`${status}: ${body.toString('utf8', 0, 300)}`);
  return decodeMultipart(headers.get('content-type') ?? '', body);
}

function expectFrames(parts: readonly MultipartPart[], { frames, transferSyntax }: ExpectedFrames): void {
  expect(parts.length).toBe(frames.length);
  for (const [index, part] of parts.entries()) {
    expect(part.headers.get('content-type')).toContain(`transfer-syntax=${transferSyntax}`);
    expect(part.headers.get('content-location')).toMatch(new RegExp(`/frames/${index + 1}$`));
    if (frames[index]?.equals(part.body) !== true) throw new Error(`frame ${index + 1} differs`);
  }
}

/** Equal attributes and pixel values, whatever the encoding. */
async function expectSameContent(left: Uint8Array, right: Uint8Array): Promise<void> {
  const [before, after] = [
    await digestContent(Readable.from([left])),
    await digestContent(Readable.from([right])),
  ];
  expect(compareContent(before, after, true)).toBe('equal');
}

/** Whether values stand in the file as they are to be sent. */
function isInPlace({ transferSyntax }: Part10File): boolean {
  return !transferSyntax.deflated && transferSyntax.byteOrder === 'little';
}

async function explicitBytes(bytes: Buffer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of toExplicitLittleEndian(Readable.from([bytes]))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function bulkUrisOf(json: DicomJson): Set<string> {
  const text = JSON.stringify(json);
  return new Set([...text.matchAll(/"BulkDataURI":"([^"]+)"/g)].map(([, uri]) => uri ?? ''));
}

function hex(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}
