/**
 * Every accepted file of the corpus, taken apart by Retrieve into metadata and bulk data and stored again from these (PS3.18
 * §10.5.1.4), by JSON and by XML: the same attributes and the same pixel data come back.
 */
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComparedDataSet, DifferenceLedger } from '../support/compare-dicom-json.ts';
import {
  type CorpusFile,
  corpusFiles,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { type StoreVerdict, store, storeMany } from '../support/dicomweb.ts';
import { FreshUids, UidsNotReplaceableError, withFreshUids } from '../support/fresh-uids.ts';
import {
  type CopyUids,
  type RetrievedParts,
  retrieveJsonParts,
  retrieveParts,
  withUids,
  xmlWithUids,
} from '../support/metadata-copy.ts';
import { copyDifferences, xmlDifferences } from '../support/metadata-copy-differences.ts';
import { jsonPart, type RequestPart, writeParts, xmlPart } from '../support/metadata-store.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const FILES_A_REQUEST = 24;
const UID_LENGTH = 24;
const FILES_OF_A_KIND = 1;

/** A file that was stored and taken apart, and the UIDs of its copies. */
interface Copy {
  readonly path: string;
  readonly parts: RetrievedParts;
  readonly own: CopyUids;
}

describe.skipIf(skipWithoutCorpus)('the corpus by metadata and bulk data', () => {
  let archive: TestArchive;
  const uids = new FreshUids();
  const ledger = new DifferenceLedger(copyDifferences);
  const refused: string[] = [];
  const otherBulk: string[] = [];
  const xmlLedger = new DifferenceLedger(xmlDifferences);
  let copied = 0;

  /** Stores copies in one request; the verdicts by SOP Instance UID. */
  const send = async (type: string, metadata: readonly RequestPart[], sources: readonly Copy[]) => {
    const bulk = sources.flatMap(({ parts }) => parts.bulk);
    const { contentType, body } = writeParts([...metadata, ...bulk], { parameters: `type="${type}"` });
    const { verdicts } = await store(archive.url, body, { 'Content-Type': contentType });
    return new Map(verdicts.map((verdict) => [verdict.sopInstanceUid, verdict]));
  };

  const compare = async ({ path, parts }: Copy, verdict: StoreVerdict | undefined) => {
    if (verdict?.retrieveUrl === undefined) {
      refused.push(`${path}: ${verdict?.reason}`);
      return;
    }
    const stored = await retrieveJsonParts(verdict.retrieveUrl);
    ledger.compare(path, comparable(stored.json), comparable(parts.json));
    otherBulk.push(...bulkDifferences(stored.bulk, parts.bulk).map((what) => `${path}: ${what}`));
  };

  /** What XML cannot say: those are stored under UIDs of their own, to see what it is. */
  const compareXml = async (sources: readonly Copy[]) => {
    const documents = sources.map(({ parts, own }) => xmlPart(xmlWithUids(parts.xml, own)));
    const verdicts = await send('application/dicom+xml', documents, sources);
    for (const { path, parts, own } of sources) {
      const url = verdicts.get(own.sopInstanceUid)?.retrieveUrl;
      if (url === undefined) refused.push(`${path} (XML)`);
      else {
        const stored = comparable((await retrieveJsonParts(url)).json);
        xmlLedger.compare(path, withoutKnown(stored), withoutKnown(comparable(parts.json)));
      }
    }
  };

  beforeAll(async () => {
    archive = await startArchive();
    const files = chosenFiles();
    for (let from = 0; from < files.length; from += FILES_A_REQUEST) {
      const sources = await takenApart(archive.url, files.slice(from, from + FILES_A_REQUEST), uids);
      const json = jsonPart(sources.map(({ parts, own }) => withUids(parts.json, own)));
      const byJson = await send('application/dicom+json', [json], sources);
      await Promise.all(sources.map((one) => compare(one, byJson.get(one.own.sopInstanceUid))));
      const documents = sources.map(({ parts, own }) => xmlPart(xmlWithUids(parts.xml, own)));
      const byXml = await send('application/dicom+xml', documents, sources);
      const others = sources.filter(({ own }) => {
        const verdict = byXml.get(own.sopInstanceUid);
        return verdict?.kind !== 'stored' || verdict.reason !== undefined;
      });
      await compareXml(others.map((one) => ({ ...one, own: newUids(uids) })));
      copied += sources.length;
    }
  }, 300_000);
  afterAll(() => archive?.stop());

  it('is taken whole, but for what no reader could read', () => {
    expect(refused).toEqual([]);
    expect(copied).toBeGreaterThan(80);
  });

  it('has the same attributes, but for justified differences', () => {
    expect(ledger.unexplained).toEqual([]);
    expect(ledger.stale).toEqual([]);
  });

  it('has the same bulk data, byte by byte', () => {
    expect(otherBulk).toEqual([]);
  });

  it('is known when it comes again by XML, but where XML cannot say it', () => {
    expect(xmlLedger.unexplained).toEqual([]);
    expect(xmlLedger.stale).toEqual([]);
  });
});

/** One of each folder and transfer syntax; all take a minute and come with SANDYQ_WHOLE_CORPUS=1. */
function chosenFiles(): CorpusFile[] {
  const files = corpusFiles().filter(isAcceptable);
  if (process.env['SANDYQ_WHOLE_CORPUS'] === '1') return files;
  const kinds = Map.groupBy(files, ({ path, TransferSyntaxUID }) =>
    [path.slice(0, path.lastIndexOf('/')), TransferSyntaxUID].join(' '),
  );
  return [...kinds.values()].flatMap((kind) => kind.slice(0, FILES_OF_A_KIND));
}

/** Stores the files under UIDs of their own, in one request, and retrieves what they consist of. */
async function takenApart(url: string, files: readonly CorpusFile[], uids: FreshUids): Promise<Copy[]> {
  const fresh = files.flatMap(({ path }) => {
    try {
      return [{ path, file: withFreshUids(readCorpusFile(path), uids) }];
    } catch (error) {
      if (error instanceof UidsNotReplaceableError) return [];
      throw error;
    }
  });
  const { verdicts } = await storeMany(
    url,
    fresh.map(({ file }) => file.bytes),
  );
  const urls = new Map(verdicts.map(({ sopInstanceUid, retrieveUrl }) => [sopInstanceUid, retrieveUrl]));
  const taken = fresh.map(async ({ path, file }) => {
    const instanceUrl = urls.get(file.sopInstanceUid);
    if (instanceUrl === undefined) throw new Error(`${path} was not stored`);
    return { path, parts: await retrieveParts(instanceUrl), own: newUids(uids) };
  });
  return Promise.all(taken);
}

function newUids(uids: FreshUids): CopyUids {
  return {
    studyInstanceUid: uids.next(UID_LENGTH),
    seriesInstanceUid: uids.next(UID_LENGTH),
    sopInstanceUid: uids.next(UID_LENGTH),
  };
}

/** Without what is another by intention: UIDs of the copy, addresses. */
function comparable(json: DicomJson): ComparedDataSet {
  const { '00080018': _instance, '0020000D': _study, '0020000E': _series, ...rest } = json;
  return JSON.parse(
    JSON.stringify(rest).replaceAll(/"BulkDataURI":"[^"]*\/bulkdata\//g, '"BulkDataURI":"bulkdata/'),
  ) as ComparedDataSet;
}

/** Without what copies by JSON have otherwise too. */
function withoutKnown({
  '7FE00010': _pixels,
  FFFCFFFC: _padding,
  ...rest
}: ComparedDataSet): ComparedDataSet {
  return rest;
}

function bulkDifferences(stored: readonly RequestPart[], sent: readonly RequestPart[]): string[] {
  if (stored.length !== sent.length) return [`${stored.length} parts, not ${sent.length}`];
  return stored.flatMap(({ headers, body }, index) => {
    const other = sent[index];
    const types = [headers['Content-Type'], other?.headers['Content-Type']];
    if (types[0] !== types[1]) return [`part ${index} is ${types.join(', not ')}`];
    // Values have an even length (PS3.5 §7.1.1); one writer of the corpus did not know.
    const padded = other === undefined || other.body.length % 2 === 0 ? [] : [Buffer.of(0)];
    const expected = Buffer.concat([Buffer.from(other?.body ?? ''), ...padded]);
    const isSame =
      other !== undefined &&
      [expected, Buffer.from(other.body)].some((bytes) => bytes.equals(Buffer.from(body)));
    return isSame ? [] : [`part ${index} has ${body.length} bytes, not ${other?.body.length}, or others`];
  });
}
