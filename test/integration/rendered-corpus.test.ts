/**
 * Every accepted image of the corpus becomes a picture, or a refusal that says why; and the pictures are right: by formulas
 * worked out here, and by DCMTK, another renderer.
 */
import { readPart10 } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { get, storeOne } from '../support/dicomweb.ts';
import {
  largestDifference,
  renderWithDcmtk,
  type SeenPicture,
  seePicture,
  skipWithoutDcm2pnm,
} from '../support/pictures.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

/** A series of a hundred alike images: some of it is enough. */
const ALIKE = /series-101-slices-implicit\/.*(?<![05])\.2020/;
/** Pixels are not square: scaled, the picture is not distorted. Width and height in a viewport of 600 x 600. */
const STRETCHED: Readonly<Record<string, readonly [number, number]>> = {
  'enhanced/mr_brucker.dcm': [600, 600],
  'us/cine/I_000001.dcm': [600, 430],
  'us/color-pl.dcm': [600, 375],
};
/** Nothing can be decoded of these; status and reason. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'bad/malformed/GH1146.dcm': /^404 .*has no frame 1: it has 0/,
  'awkward/JPEG2000-embedded-sequence-delimiter.dcm': /^406 .*code stream of a stored frame is damaged/,
  'derived/mpeg4-h264-us-cine.dcm': /^406 .*video has no frames of its own/,
};

describe.skipIf(skipWithoutCorpus)('pictures of the corpus', () => {
  let archive: TestArchive;
  const urls = new Map<string, string>();

  beforeAll(async () => {
    archive = await startArchive();
    const files = corpusFiles().filter(
      (file) => isAcceptable(file) && file.PixelDataPresent && !ALIKE.test(file.path),
    );
    const firsts = new Map(files.toReversed().map((file) => [file.SOPInstanceUID, file]));
    await concurrently([...firsts.values()], async (file) => {
      const { retrieveUrl, reason } = await storeOne(archive.url, readCorpusFile(file.path));
      if (retrieveUrl === undefined) throw new Error(`${file.path}: ${reason}`);
      urls.set(file.path, retrieveUrl);
    });
  }, 120_000);
  afterAll(() => archive?.stop());

  const urlOf = (path: string) => urls.get(path) ?? `no such file: ${path}`;
  async function pictureOf(path: string, query = ''): Promise<SeenPicture> {
    const { status, body } = await get(`${urlOf(path)}/frames/1/rendered${query}`, { Accept: 'image/png' });
    if (status !== 200) throw new Error(`${path}: ${status} ${body.toString()}`);
    return seePicture(body);
  }

  it('are there, in the right size, or refused with a reason', async () => {
    const faults: string[] = [];
    let pictures = 0;
    await concurrently([...urls.keys()], async (path) => {
      const { status, headers, body } = await get(`${urlOf(path)}/frames/1/rendered`, {
        Accept: 'image/jpeg',
      });
      if (REFUSED[path] !== undefined) {
        if (!REFUSED[path].test(`${status} ${body.toString()}`))
          faults.push(`${path}: ${status} ${body.toString()}`);
        return;
      }
      if (status !== 200 || headers.get('content-type') !== 'image/jpeg') {
        faults.push(`${path}: ${status} ${headers.get('content-type')} ${body.toString('utf8', 0, 300)}`);
        return;
      }
      const { format, width, height } = await seePicture(body);
      const entry = entryOf(path);
      if (format !== 'jpeg' || width !== entry.Columns || height !== entry.Rows)
        faults.push(`${path}: ${width} x ${height}`);
      pictures += 1;
    });
    expect(faults).toEqual([]);
    expect(pictures).toBeGreaterThan(140);
  });

  it.each(Object.entries(STRETCHED))('scaled are not distorted: %s', async (path, [width, height]) => {
    expect(await pictureOf(path, '?viewport=600,600')).toMatchObject({ width, height });
  });

  it('have thumbnails that are small', async () => {
    const faults: string[] = [];
    await concurrently(
      ['us/cine/I_000001.dcm', 'cr-dx/1000.dcm', 'awkward/1403-OB.dcm', 'seg/liver.dcm'],
      async (path) => {
        const { status, body } = await get(`${urlOf(path)}/thumbnail`);
        const { format, width, height } = await seePicture(body);
        if (status !== 200 || format !== 'jpeg' || Math.max(width, height) > 128) faults.push(path);
      },
    );
    expect(faults).toEqual([]);
  });

  describe('grey ones follow the formulas of PS3.3 C.11.2', () => {
    const path = 'mr/series-10-slices/MR01.dcm';
    const clamp = (shade: number) => Math.round(Math.min(1, Math.max(0, shade)) * 255);

    it.each<[string, (value: number) => number]>([
      ['200,400,linear', (value) => clamp((value - 199.5) / 399 + 0.5)],
      ['200,400,linear-exact', (value) => clamp((value - 200) / 400 + 0.5)],
      ['200.5,100,sigmoid', (value) => clamp(1 / (1 + Math.exp((-4 * (value - 200.5)) / 100)))],
      ['100,1,linear', (value) => (value <= 99.5 ? 0 : 255)],
    ])('window=%s', async (window, formula) => {
      const { pixels, channels } = await pictureOf(path, `?window=${window}`);
      const expected = Buffer.from(wordsOf(path).map(formula));
      expect(channels).toBe(1);
      expect(pixels.equals(expected)).toBe(true);
      expect(new Set(pixels).size).toBeGreaterThan(1);
    });

    it('in the window of the file', async () => {
      const { elements } = readPart10(readCorpusFile(path)).dataSet;
      const number = (tag: number) =>
        Number.parseFloat(Buffer.from(elements.get(tag)?.value ?? []).toString());
      const [center, width] = [number(0x00281050), number(0x00281051)];
      const formula = (value: number) => clamp((value - (center - 0.5)) / (width - 1) + 0.5);
      expect((await pictureOf(path)).pixels.equals(Buffer.from(wordsOf(path).map(formula)))).toBe(true);
    });
  });

  it('colour ones have the colours that are stored', async () => {
    const stored = nativePixels('sc/SC_rgb.dcm');
    const { pixels, channels } = await pictureOf('sc/SC_rgb.dcm');
    expect(channels).toBe(3);
    expect(pixels.equals(stored)).toBe(true);
    expect(
      largestDifference(
        await pictureOf('sc/TestPattern_Palette_16.dcm'),
        await pictureOf('sc/TestPattern_Palette.dcm'),
      ),
    ).toBeLessThanOrEqual(1);
  });

  describe.skipIf(skipWithoutDcm2pnm)('agree with DCMTK within a shade', () => {
    it.each([
      'cr-dx/CR-MONO1-10-chest',
      'cr-dx/dx_image.dcm',
      'ct/compressed.dcm',
      'ct/ct.0.dcm',
      'ct/series-ge-gantry/01.dcm',
      'mr/MR-JPEGLosslessSV1.dcm',
      'mr/series-10-slices/MR07.dcm',
      'nm-pt/NM-MONO2-16-13x-heart',
      'sc/SC_ybr_full_422_uncompressed.dcm',
      'sc/TestPattern_Palette.dcm',
      'sc/TestPattern_JPEG-Baseline_YBR422.dcm',
      'syntaxes/one-ct-every-syntax/CTImage.dcm_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm',
      'syntaxes/one-ct-every-syntax/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm',
      'us/JPGLosslessP14SV1_1s_1f_8b.dcm',
    ])('%s', async (path) => {
      const { TransferSyntaxUID, PhotometricInterpretation } = entryOf(path);
      const theirs = await renderWithDcmtk(readCorpusFile(path), {
        isJpeg: /\.4\.(50|51|57|70)$/.test(TransferSyntaxUID ?? ''),
        hasWindow: PhotometricInterpretation?.startsWith('MONOCHROME') === true,
      });
      expect(largestDifference(await pictureOf(path), theirs)).toBeLessThanOrEqual(1);
    });
  });
});

function entryOf(path: string): CorpusFile {
  const entry = corpusFiles().find((file) => file.path === path);
  if (entry === undefined) throw new Error(`the corpus has no ${path}`);
  return entry;
}

/** Bytes of native pixel data. */
function nativePixels(path: string): Buffer {
  const bytes = readCorpusFile(path);
  const { pixelData } = readPart10(bytes);
  if (pixelData?.kind !== 'native') throw new Error(`${path} is compressed`);
  return bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length);
}

/** Unsigned 16-bit samples in little endian. */
function wordsOf(path: string): number[] {
  const pixels = nativePixels(path);
  return Array.from({ length: pixels.length / 2 }, (_, index) => pixels.readUInt16LE(index * 2));
}

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
