/** Frames of the whole corpus: against the manifest's reference pixels, and against slow slices of the value. */
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { DicomError, type Part10File, type PixelDataLayout, readPart10, swapWords } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  readCorpusFile,
  skipWithoutCorpus,
} from '../../../test/support/corpus.ts';
import { describePixels } from './describe-pixels.ts';
import { PixelDataError } from './errors.ts';
import { extractFrame } from './extract-frame.ts';
import { frameRange } from './frame-range.ts';
import type { LaidOutPixelData } from './laid-out-pixel-data.ts';
import { layoutPixelData } from './layout-pixel-data.ts';

interface ReadFile {
  readonly corpusFile: CorpusFile;
  readonly file: Part10File;
  /** What offsets count in: the received bytes, or the inflated data set. */
  readonly bytes: Uint8Array;
}

/** Every file that the reader can read and that has pixel data. */
function filesWithPixels(): readonly ReadFile[] {
  return corpusFiles().flatMap((corpusFile) => {
    const received = readCorpusFile(corpusFile.path);
    const file = readUnlessFaulty(received);
    if (file?.pixelData === undefined) return [];
    const bytes = file.deflated ? inflateRawSync(received.subarray(file.dataSetOffset)) : received;
    return [{ corpusFile, file, bytes }];
  });
}

function readUnlessFaulty(bytes: Uint8Array): Part10File | undefined {
  try {
    return readPart10(bytes);
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}

function layOut({ file }: ReadFile): LaidOutPixelData | PixelDataError {
  if (file.pixelData === undefined) throw new Error('pixel data expected');
  try {
    return layoutPixelData(file.pixelData, describePixels(file.dataSet, file.byteOrder), file.transferSyntax);
  } catch (error) {
    if (error instanceof PixelDataError) return error;
    throw error;
  }
}

function retrieve(bytes: Uint8Array, layout: PixelDataLayout, frameIndex: number): Uint8Array {
  const range = frameRange(layout, frameIndex);
  return extractFrame(bytes.subarray(range.offset, range.offset + range.length), range);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The frame bit by bit out of the whole value, turned first where it is big endian. */
function sliceSlowly(value: Uint8Array, bitsPerFrame: number, frameIndex: number): Uint8Array {
  const frame = new Uint8Array(Math.ceil(bitsPerFrame / 8));
  for (let bit = 0; bit < bitsPerFrame; bit++) {
    const from = frameIndex * bitsPerFrame + bit;
    const isSet = ((value[Math.floor(from / 8)] ?? 0) >> (from % 8)) & 1;
    frame[bit >> 3] = (frame[bit >> 3] ?? 0) | (isSet << (bit % 8));
  }
  return frame;
}

describe.skipIf(skipWithoutCorpus)('the corpus', () => {
  const files = filesWithPixels();
  const laidOut = files.map((read) => ({ ...read, result: layOut(read) }));

  it('has a layout for every file to be accepted', () => {
    const refused = laidOut.filter(({ result }) => result instanceof PixelDataError);
    expect(refused.map(({ corpusFile, result }) => [corpusFile.path, result])).toEqual([
      [
        'bad/malformed/2026-05-26-oob-monochrome-46341.dcm',
        expect.objectContaining({ code: 'pixel-data-too-short', actual: 9330 }),
      ],
    ]);
  });

  it('has as many frames as the manifest says, video apart', () => {
    const differing = laidOut.flatMap(({ corpusFile, result }) => {
      if (result instanceof PixelDataError || corpusFile.verdict === 'refuse') return [];
      const frames = Number(corpusFile.NumberOfFrames ?? 1);
      return result.layout.frames === frames
        ? []
        : [[corpusFile.path, result.layout.frames, result.warnings]];
    });
    expect(differing).toEqual([
      ['bad/malformed/GH1146.dcm', 0, ['pixel-data-empty']],
      ['bad/malformed/badVR.dcm', 15, ['number-of-frames-invalid']],
      ['derived/mpeg4-h264-us-cine.dcm', 1, []],
    ]);
  });

  it('gives the reference pixels of frame 1 of every native file', () => {
    let compared = 0;
    for (const { corpusFile, bytes, result } of laidOut) {
      if (result instanceof PixelDataError || result.layout.kind !== 'native') continue;
      if (corpusFile.frame0_sha256 === undefined || result.layout.frames === 0) continue;
      compared++;
      const frame = retrieve(bytes, result.layout, 0);
      expect([corpusFile.path, sha256(frame)]).toEqual([corpusFile.path, corpusFile.frame0_sha256]);
    }
    expect(compared).toBe(233);
  });

  it('gives every frame of every native multi-frame file as a slow slice does', () => {
    let compared = 0;
    for (const { corpusFile, bytes, result } of laidOut) {
      if (result instanceof PixelDataError || result.layout.kind !== 'native') continue;
      const { layout } = result;
      if (layout.frames < 2) continue;
      const value = bytes.subarray(layout.offset, layout.offset + layout.length);
      const little =
        layout.swappedWordBytes === undefined ? value : swapWords(value, layout.swappedWordBytes);
      for (let index = 0; index < layout.frames; index++) {
        const isSame = Buffer.compare(
          retrieve(bytes, layout, index),
          sliceSlowly(little, layout.bitsPerFrame, index),
        );
        expect([corpusFile.path, index, isSame]).toEqual([corpusFile.path, index, 0]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('gives every compressed frame from its start to its end', () => {
    for (const { corpusFile, bytes, result } of laidOut) {
      if (result instanceof PixelDataError || result.layout.kind !== 'encapsulated') continue;
      const { layout } = result;
      for (let index = 0; index < layout.frames; index++) {
        const frame = Buffer.from(retrieve(bytes, layout, index));
        expect([corpusFile.path, codestreamEnds(frame)]).toEqual([
          corpusFile.path,
          expect.not.stringContaining('cut'),
        ]);
      }
    }
  });

  it('allocates nothing by the claim of 4.3 GB', () => {
    const before = process.memoryUsage().arrayBuffers;
    const hostile = files.find(({ corpusFile }) => corpusFile.path.includes('oob-monochrome'));
    if (hostile === undefined) throw new Error('file missing from the corpus');
    expect(layOut(hostile)).toMatchObject({ code: 'pixel-data-too-short' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});

/** JPEG, JPEG-LS and JPEG 2000 codestreams have a first and a last marker (FFD8 … FFD9, FF4F … FFD9). */
function codestreamEnds(frame: Buffer): string {
  const start = frame.readUInt16BE(0);
  if (start !== 0xffd8 && start !== 0xff4f) return 'unknown';
  // Behind the last marker some writers pad with more than the one byte that PS3.5 §A.4 asks for.
  return frame.subarray(-16).includes(Buffer.from([0xff, 0xd9])) ? 'whole' : 'cut';
}
