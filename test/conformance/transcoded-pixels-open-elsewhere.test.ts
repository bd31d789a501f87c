/**
 * Programs of others decode what the archive encodes on retrieve (PS3.18 §8.7.3): DCMTK reads RLE and JPEG-LS, OpenJPEG
 * JPEG 2000 and HTJ2K. The pixels are those of the source, and so is every other element, private ones too. Skips visibly
 * without these programs or the corpus; with CI=true it fails.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  intOf,
  readPart10,
  stringOf,
  TransferSyntaxes as T,
  Tags,
  toExplicitLittleEndian,
} from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differingElements } from '../support/compare-elements.ts';
import { corpusFiles, corpusNote, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { type Fetched, get, storeOne } from '../support/dicomweb.ts';
import { FreshUids, withFreshUids } from '../support/fresh-uids.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const isMissing = (program: string) => spawnSync(program, ['--version']).error !== undefined;
const skipWithoutDecoders =
  process.env['CI'] !== 'true' && ['dcmdrle', 'dcmdjpls', 'opj_decompress'].some(isMissing);

const targets = [
  T.RLELossless,
  T.JPEGLSLossless,
  T.JPEG2000Lossless,
  T.HTJ2KLossless,
  T.HTJ2KLosslessRPCL,
] as const;

/** One of each family of sources, and the targets that have no form for such samples. */
const sources: readonly { readonly path: string; readonly refused?: readonly string[] }[] = [
  { path: 'ct/CT_small.dcm' },
  { path: 'ct/ct.0.dcm' },
  { path: 'syntaxes/one-small-mr/MR_small_expb.dcm' },
  { path: 'enhanced/emri_small_big_endian.dcm' },
  { path: 'syntaxes/image_dfl.dcm' },
  { path: 'us/examples_rgb_color.dcm' },
  { path: 'us/cine/US-PAL-8-10x-echo' },
  // 32 bits
  {
    path: 'rt/rtdose_rle.dcm',
    refused: targets.filter((target) => target !== T.RLELossless).map(({ name }) => name),
  },
  { path: 'syntaxes/one-small-mr/MR_small_jpeg_ls_lossless.dcm' },
  { path: 'syntaxes/one-small-mr/MR_small_jp2klossless.dcm' },
  { path: 'ct/CT-JPEGLosslessSV1.dcm' },
  { path: 'cr-dx/CR-ModalitySequenceLUT.dcm' },
  { path: 'sc/TestPattern_JPEG-Lossless_RGB.dcm' },
  { path: 'derived/htj2k-lossless-mr-12bit-10-frames.dcm' },
  { path: 'derived/htj2k-lossless-rpcl-us-rgb.dcm' },
  { path: 'syntaxes/monochrome_jpeg_xl_12bit.dcm' },
  // native samples with subsampled chroma
  {
    path: 'syntaxes/SC_ybr_full_422_uncompressed.deflated_image_frame_compression.dcm',
    refused: targets.map(({ name }) => name),
  },
  { path: 'charsets/Lena-latin3.dcm' },
];

/** What encoding may change (PS3.5 §8.2, PS3.3 C.7.6.1.1.5). */
const changeable = new Set(['00280004', '00280006', '00282110']);

describe.skipIf(skipWithoutCorpus || skipWithoutDecoders)(
  `pixels encoded on retrieve${corpusNote}`,
  { timeout: 120_000 },
  () => {
    let archive: TestArchive;
    let folder = '';
    const uids = new FreshUids();

    beforeAll(async () => {
      archive = await startArchive();
      folder = mkdtempSync(join(tmpdir(), 'sandyq-encoded-'));
    });
    afterAll(async () => {
      await archive?.stop();
      rmSync(folder, { recursive: true });
    });

    it.each(sources)('$path', async ({ path, refused = [] }) => {
      const { bytes } = withFreshUids(readCorpusFile(path), uids);
      const { retrieveUrl: url = '' } = await storeOne(archive.url, bytes);
      const native = await inSyntax(url, T.ExplicitVRLittleEndian.uid);
      expect(native.status).toBe(200);
      const samples = samplesOf(native.body);
      const reference = corpusFiles().find((entry) => entry.path === path);
      if (reference?.frame0_sha256 !== undefined) {
        const first = samples.subarray(0, reference.frame0_bytes);
        expect(createHash('sha256').update(first).digest('hex')).toBe(reference.frame0_sha256);
      }
      const plain = await explicitBytes(bytes);
      const found: string[] = [];
      for (const { uid, name } of targets) {
        const { status, headers, body } = await inSyntax(url, uid);
        if (status === 406) {
          found.push(name);
          expect(body.toString()).toContain('no codec');
          continue;
        }
        expect([name, status]).toEqual([name, 200]);
        expect(headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${uid}`);
        expect(readPart10(body).transferSyntax.uid).toBe(uid);
        const changed = differingElements(plain, body).filter((element) => !changeable.has(element));
        expect([name, changed]).toEqual([name, []]);
        expect([name, samples.equals(decodedElsewhere(folder, uid, body))]).toEqual([name, true]);
      }
      expect(found).toEqual(refused);
    });
  },
);

function inSyntax(url: string, uid: string): Promise<Fetched> {
  return get(url, { Accept: `application/dicom; transfer-syntax=${uid}` });
}

/** The value of native pixel data. */
function samplesOf(bytes: Buffer): Buffer {
  const { pixelData } = readPart10(bytes);
  if (pixelData?.kind !== 'native') throw new Error('the pixel data are not native');
  return bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length);
}

/** Native sources in the encoding that every answer has; compressed ones have it. */
async function explicitBytes(bytes: Buffer): Promise<Buffer> {
  if (readPart10(bytes).transferSyntax.encapsulated) return bytes;
  const chunks: Uint8Array[] = [];
  for await (const chunk of toExplicitLittleEndian(Readable.from([bytes]))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function decodedElsewhere(folder: string, uid: string, bytes: Buffer): Buffer {
  if (uid === T.RLELossless.uid) return decodedByDcmtk(folder, 'dcmdrle', bytes);
  if (uid === T.JPEGLSLossless.uid) return decodedByDcmtk(folder, 'dcmdjpls', bytes);
  return decodedByOpenJpeg(folder, bytes);
}

function decodedByDcmtk(folder: string, program: string, bytes: Buffer): Buffer {
  const [from, to] = [join(folder, 'in.dcm'), join(folder, 'out.dcm')];
  writeFileSync(from, bytes);
  const { status, stderr } = spawnSync(program, [from, to]);
  if (status !== 0) throw new Error(`${program}: ${stderr.toString()}`);
  return samplesOf(readFileSync(to));
}

/** Frame by frame; raw components one after the other, in containers as large as their precision needs. */
function decodedByOpenJpeg(folder: string, bytes: Buffer): Buffer {
  const { dataSet, pixelData } = readPart10(bytes);
  if (pixelData?.kind !== 'encapsulated') throw new Error('the pixel data are not encapsulated');
  const components = intOf(dataSet, Tags.SamplesPerPixel, 'little') ?? 1;
  const containerBytes = (intOf(dataSet, Tags.BitsAllocated, 'little') ?? 8) / 8;
  expect(pixelData.fragments).toHaveLength(Number(stringOf(dataSet, Tags.NumberOfFrames) ?? 1));
  const frames = pixelData.fragments.map(({ offset, length }) => {
    const [from, to] = [join(folder, 'in.j2k'), join(folder, 'out.rawl')];
    writeFileSync(from, bytes.subarray(offset, offset + length));
    const { status, stderr } = spawnSync('opj_decompress', ['-i', from, '-o', to]);
    if (status !== 0) throw new Error(`opj_decompress: ${stderr.toString()}`);
    return bySample(readFileSync(to), components, containerBytes, dataSet);
  });
  return Buffer.concat(frames);
}

function bySample(
  planes: Buffer,
  components: number,
  containerBytes: number,
  dataSet: ReturnType<typeof readPart10>['dataSet'],
): Buffer {
  const pixels = (intOf(dataSet, Tags.Rows, 'little') ?? 0) * (intOf(dataSet, Tags.Columns, 'little') ?? 0);
  const sampleBytes = planes.length / pixels / components;
  const frame = Buffer.alloc(pixels * components * containerBytes);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let component = 0; component < components; component += 1) {
      const from = (component * pixels + pixel) * sampleBytes;
      planes.copy(frame, (pixel * components + component) * containerBytes, from, from + sampleBytes);
    }
  }
  return frame;
}
