/**
 * Every compressed file of the corpus, decoded on retrieve: frame 1 has the samples that other toolkits give, alone and
 * inside the whole instance, of which everything else stays as it is. Native files: retrieval-corpus.test.ts.
 */
import { createHash } from 'node:crypto';
import { readPart10 } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countElements, differingElements } from '../support/compare-elements.ts';
import {
  type CorpusFile,
  corpusFiles,
  corpusNote,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { get, storeOne } from '../support/dicomweb.ts';
import { FreshUids, UidsNotReplaceableError, withFreshUids } from '../support/fresh-uids.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const explicit = '1.2.840.10008.1.2.1';
const asExplicit = (type: string) => ({ Accept: `${type}; transfer-syntax=${explicit}` });

/** JFIF files that are labelled RGB: the manifest's reference believes the label. */
const labelledWrongly = new Set(['awkward/GH195.dcm', 'mg/example-mg.dcm']);

/** What has no frame that any codec could decode, and the words that say so. */
const undecodable = new Map([
  ['awkward/JPEG2000-embedded-sequence-delimiter.dcm', 'damaged'],
  ['derived/mpeg4-h264-us-cine.dcm', 'can not be sent in any form that was asked for'],
]);

/** What decoding may change in a data set (PS3.3 C.7.6.3, C.7.6.1.1.5), and with compressed icons in it. */
const changeable = /^00280004$|^00280006$|^00282110$|\/7FE00010$/;

interface Stored {
  readonly entry: CorpusFile & { readonly frame0_stats?: { min: number; max: number; mean: number } };
  readonly bytes: Buffer;
  readonly url: string;
}

describe.skipIf(skipWithoutCorpus)(`decoding on retrieve${corpusNote}`, { timeout: 120_000 }, () => {
  let archive: TestArchive;
  const stored: Stored[] = [];

  beforeAll(async () => {
    archive = await startArchive();
    const uids = new FreshUids();
    const files = corpusFiles().filter((entry) => isAcceptable(entry) && entry.PixelDataPresent);
    await concurrently(files, async (entry) => {
      const file = readCorpusFile(entry.path);
      if (!readPart10(file).transferSyntax.encapsulated) return;
      // Many are the same instance in one syntax after the other.
      const bytes = asAnother(file, uids);
      const { retrieveUrl, reason } = await storeOne(archive.url, bytes);
      if (retrieveUrl === undefined) throw new Error(`${entry.path}: ${reason}`);
      stored.push({ entry, bytes, url: retrieveUrl });
    });
  }, 120_000);
  afterAll(() => archive?.stop());

  async function faultsOf(
    files: readonly Stored[],
    check: (file: Stored) => Promise<string | undefined>,
  ): Promise<string[]> {
    const faults: string[] = [];
    await concurrently(files, async (file) => {
      const fault = await check(file);
      if (fault !== undefined) faults.push(`${file.entry.path}: ${fault}`);
    });
    return faults.sort();
  }

  it('gives the samples of frame 1 that other toolkits give', async () => {
    let [exact, near] = [0, 0];
    const faults = await faultsOf(stored, async ({ entry, url }) => {
      const { path, frame0_sha256: sha256, frame0_stats: stats } = entry;
      if (sha256 === undefined && stats === undefined && !undecodable.has(path)) return undefined;
      const { status, headers, body } = await get(`${url}/frames/1`, asExplicit('application/octet-stream'));
      const reason = undecodable.get(path);
      if (reason !== undefined)
        return status === 406 && body.includes(reason) ? undefined : `${status} ${body.toString()}`;
      if (status !== 200) return `${status} ${body.toString()}`;
      if (headers.get('content-type') !== `application/octet-stream; transfer-syntax=${explicit}`) {
        return headers.get('content-type') ?? 'no media type';
      }
      if (sha256 !== undefined) {
        exact += 1;
        return createHash('sha256').update(body).digest('hex') === sha256 ? undefined : 'other samples';
      }
      if (stats === undefined || labelledWrongly.has(path)) return undefined;
      near += 1;
      return distance(body, entry, stats) < 2 ? undefined : 'samples beyond the tolerance';
    });
    expect(faults).toEqual([]);
    expect([exact, near]).toEqual([59, 41]);
  });

  it('gives whole instances with the same samples and all their other elements', async () => {
    let [elements, ofPrivate, instances] = [0, 0, 0];
    const faults = await faultsOf(stored, async ({ entry, bytes, url }) => {
      const { status, headers, body } = await get(url, asExplicit('application/dicom'));
      const reason = undecodable.get(entry.path);
      if (reason !== undefined)
        return status === 406 && body.includes(reason) ? undefined : `${status} ${body.toString()}`;
      if (status !== 200) return `${status} ${body.toString()}`;
      const sent = readPart10(body);
      if (headers.get('content-type') !== `application/dicom; transfer-syntax=${explicit}`)
        return 'media type';
      if (sent.transferSyntax.uid !== explicit || sent.pixelData?.kind !== 'native') return 'not native';
      if (hasEncapsulated(body)) return 'something encapsulated is left';
      const changed = differingElements(bytes, body).filter((path) => !changeable.test(path));
      if (changed.length > 0) return `changed ${changed.join()}`;
      const frame = await get(`${url}/frames/1`, asExplicit('application/octet-stream'));
      const { offset } = sent.pixelData;
      if (!body.subarray(offset, offset + frame.body.length).equals(frame.body))
        return 'other samples than frame 1';
      const counted = countElements(body);
      elements += counted.all;
      ofPrivate += counted.ofPrivate;
      instances += 1;
      return undefined;
    });
    expect(faults).toEqual([]);
    expect([instances, elements > 12_000, ofPrivate > 3_800]).toEqual([102, true, true]);
  });
});

/** Whether any pixel data is compressed still, that of icons too. */
function hasEncapsulated(bytes: Buffer): boolean {
  let isFound = false;
  readPart10(bytes, {
    onBulkData: ({ length }) => {
      isFound ||= length === undefined;
    },
  });
  return isFound;
}

/** The file as another instance; as it is where its UIDs are too short for that. */
function asAnother(file: Buffer, uids: FreshUids): Buffer {
  try {
    return withFreshUids(file, uids).bytes;
  } catch (error) {
    if (error instanceof UidsNotReplaceableError) return file;
    throw error;
  }
}

/** Greatest distance of least, greatest and mean sample from those of the reference. */
function distance(
  samples: Buffer,
  { BitsAllocated: bits, ...entry }: CorpusFile & { readonly PixelRepresentation?: number },
  reference: { readonly min: number; readonly max: number; readonly mean: number },
): number {
  const isSigned = entry.PixelRepresentation === 1;
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let offset = 0; offset < samples.length; offset += bits === 8 ? 1 : 2) {
    const value = sampleAt(samples, offset, bits === 8, isSigned);
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count += 1;
  }
  const distances = [min - reference.min, max - reference.max, sum / count - reference.mean];
  return Math.max(...distances.map(Math.abs));
}

function sampleAt(samples: Buffer, offset: number, isByte: boolean, isSigned: boolean): number {
  if (isByte) return isSigned ? samples.readInt8(offset) : samples.readUInt8(offset);
  return isSigned ? samples.readInt16LE(offset) : samples.readUInt16LE(offset);
}

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
