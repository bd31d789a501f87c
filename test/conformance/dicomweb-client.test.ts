/** The client that OHIF and many others stand on, dicomweb-client as npm has it, stores, searches and retrieves. */
import { Readable } from 'node:stream';
import { compareContent, type DicomJson, digestContent, readPart10, Tags, uidOf } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusFiles, corpusNote, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { itemsOf, nameOf, textOf } from '../support/dicomweb.ts';
import { createDicomwebClient, type DicomwebClient } from '../support/dicomweb-client.ts';
import { installXmlHttpRequest } from '../support/xml-http-request.ts';

const series = corpusFiles().filter(({ path }) => path.startsWith('mr/series-10-slices/'));
const multiFrame = file('enhanced/emri_small.dcm');
const cine = file('us/cine/I_000007.dcm');
const pdf = file('pdf/pdf.dcm');
const stored = [...series, multiFrame, cine, pdf];

function file(path: string) {
  const found = corpusFiles().find((entry) => entry.path === path);
  return found ?? { path, StudyInstanceUID: '', SeriesInstanceUID: '', SOPInstanceUID: '' };
}

/** As the client names them. */
function uidsOf(entry: ReturnType<typeof file>) {
  return {
    studyInstanceUID: entry.StudyInstanceUID ?? '',
    seriesInstanceUID: entry.SeriesInstanceUID ?? '',
    sopInstanceUID: entry.SOPInstanceUID ?? '',
  };
}

function arrayBufferOf(path: string): ArrayBuffer {
  return Uint8Array.from(readCorpusFile(path)).buffer;
}

async function digestOf(bytes: Uint8Array) {
  return digestContent(Readable.from([bytes]));
}

describe.skipIf(skipWithoutCorpus)(`dicomweb-client${corpusNote}`, () => {
  let archive: DeployedArchive | undefined;
  let client: DicomwebClient;
  let answer: unknown;
  let uninstall: (() => void) | undefined;

  beforeAll(async () => {
    uninstall = installXmlHttpRequest();
    archive = await deployArchive({ topology: 'split' });
    client = createDicomwebClient(`${archive.url}/dicom-web`);
    answer = await client.storeInstances({ datasets: stored.map(({ path }) => arrayBufferOf(path)) });
  });
  afterAll(async () => {
    uninstall?.();
    await archive?.stop();
  });

  it('stores all in one request', () => {
    expect(storedUids(answer)).toEqual(stored.map(({ SOPInstanceUID }) => SOPInstanceUID));
  });

  it('stores again without an error, and is told of what cannot be stored', async () => {
    const again = await client.storeInstances({
      datasets: [arrayBufferOf(pdf.path)],
      studyInstanceUID: pdf.StudyInstanceUID ?? '',
    });
    expect(storedUids(again)).toEqual([pdf.SOPInstanceUID]);
    const garbage = new TextEncoder().encode('not a DICOM file').buffer;
    await expect(client.storeInstances({ datasets: [garbage] })).rejects.toMatchObject({ status: 400 });
  });

  it('searches for studies, series and instances', async () => {
    const { studyInstanceUID, seriesInstanceUID } = uidsOf(series[0] ?? pdf);
    const studies = await client.searchForStudies({ queryParams: { PatientName: 'doe^j*', limit: 5 } });
    expect(studies.map((study) => textOf(asJson(study)['0020000D']))).toEqual([studyInstanceUID]);
    expect(nameOf(asJson(studies[0])['00100010'])).toBe('DOE^J1');
    const found = await client.searchForSeries({ studyInstanceUID, queryParams: { Modality: 'MR' } });
    expect(found.map((one) => textOf(asJson(one)['0020000E']))).toEqual([seriesInstanceUID]);
    const instances = await client.searchForInstances({ studyInstanceUID, seriesInstanceUID });
    const uids = series.map(({ SOPInstanceUID }) => SOPInstanceUID);
    expect(new Set(instances.map((one) => textOf(asJson(one)['00080018'])))).toEqual(new Set(uids));
    expect(await client.searchForStudies({ queryParams: { PatientID: 'nobody' } })).toEqual([]);
  });

  it('retrieves the metadata of a study, a series and an instance', async () => {
    const uids = uidsOf(multiFrame);
    const metadata = [
      await client.retrieveStudyMetadata(uids),
      await client.retrieveSeriesMetadata(uids),
      await client.retrieveInstanceMetadata(uids),
    ].map((answer) => [answer].flat().map(asJson));
    for (const [instance, ...others] of metadata) {
      expect(others).toEqual([]);
      expect(textOf(instance?.['00080018'])).toBe(multiFrame.SOPInstanceUID);
    }
    const whole = await client.retrieveSeriesMetadata(uidsOf(series[0] ?? pdf));
    expect(whole).toHaveLength(series.length);
  });

  it('retrieves a study, a series and an instance', async () => {
    const uids = uidsOf(series[0] ?? pdf);
    const instance = await client.retrieveInstance(uids);
    const whole = await client.retrieveSeries(uids);
    const study = await client.retrieveStudy(uids);
    expect([whole.length, study.length]).toEqual([series.length, series.length]);
    const byUid = new Map(series.map(({ SOPInstanceUID, path }) => [SOPInstanceUID, readCorpusFile(path)]));
    for (const buffer of [instance, ...whole, ...study]) {
      const bytes = new Uint8Array(buffer);
      const original =
        byUid.get(uidOf(readPart10(bytes).dataSet, Tags.SOPInstanceUID) ?? '') ?? Buffer.alloc(0);
      expect(compareContent(await digestOf(original), await digestOf(bytes), true)).toBe('equal');
    }
  });

  it('retrieves frames: native ones, and compressed ones as they are', async () => {
    const native = readPart10(readCorpusFile(multiFrame.path)).pixelData;
    if (native?.kind !== 'native') throw new Error('native pixel data expected');
    const frameBytes = native.length / 10;
    const frames = await client.retrieveInstanceFrames({ ...uidsOf(multiFrame), frameNumbers: [1, 3, 10] });
    const value = readCorpusFile(multiFrame.path).subarray(native.offset, native.offset + native.length);
    expect(frames.map((frame) => Buffer.from(frame))).toEqual(
      [0, 2, 9].map((index) => value.subarray(index * frameBytes, (index + 1) * frameBytes)),
    );
    const compressed = readPart10(readCorpusFile(cine.path)).pixelData;
    if (compressed?.kind !== 'encapsulated') throw new Error('encapsulated pixel data expected');
    const { offset, length } = compressed.fragments[1] ?? { offset: 0, length: 0 };
    const jpeg = { mediaType: 'image/jpeg', transferSyntaxUID: '1.2.840.10008.1.2.4.50' };
    const [frame] = await client.retrieveInstanceFrames({
      ...uidsOf(cine),
      frameNumbers: [2],
      mediaTypes: [jpeg],
    });
    expect(Buffer.from(frame ?? new ArrayBuffer(0))).toEqual(
      readCorpusFile(cine.path).subarray(offset, offset + length),
    );
  });

  it('retrieves bulk data by the address in the metadata', async () => {
    const metadata = asJson([await client.retrieveInstanceMetadata(uidsOf(pdf))].flat()[0]);
    const BulkDataURI = metadata['00420011']?.BulkDataURI ?? '';
    const [document] = await client.retrieveBulkData({ BulkDataURI });
    expect(Buffer.from(document ?? new ArrayBuffer(0)).toString('latin1', 0, 5)).toBe('%PDF-');
    const bulk = readPart10(readCorpusFile(pdf.path)).bulk.find(({ path }) => path === '00420011');
    expect(document?.byteLength).toBe(bulk?.length);
  });

  it('says what is not there', async () => {
    const missing = { ...uidsOf(pdf), sopInstanceUID: '1.2.3' };
    await expect(client.retrieveInstance(missing)).rejects.toMatchObject({ status: 404 });
  });
});

/** SOP Instance UIDs of what an answer says is stored. */
function storedUids(answer: unknown): (string | undefined)[] {
  const json = JSON.parse(String(answer)) as DicomJson;
  return itemsOf(json['00081199']).map((item) => textOf(item['00081155']));
}

/** The client types its answers loosely. */
function asJson(answer: unknown): DicomJson {
  return (answer ?? {}) as DicomJson;
}
