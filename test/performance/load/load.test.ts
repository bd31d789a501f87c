/** The load is what it says it is: otherwise every figure of the benchmark is about something else. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { readPart10 } from '@sandyq/dicom';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../support/seeded-random.ts';
import { cineFrames, cineSeries } from './cines.ts';
import { ctSeries } from './ct-series.ts';
import { type LoadInstance, lengthOf } from './instance.ts';
import { tinyStudies } from './tiny-studies.ts';

describe('a CT series', () => {
  const series = ctSeries(new SeededRandom(3), { slices: 3 });

  it('has slices of half a megabyte, about 130 attributes, sequences and private blocks', () => {
    for (const instance of series) {
      const { elements } = readPart10(fileOf(instance)).dataSet;
      expect(instance.bytes).toBeGreaterThan(525_000);
      expect(instance.bytes).toBeLessThan(540_000);
      expect(elements.size).toBeGreaterThanOrEqual(125);
      expect(elements.get(0x00291010)?.vr).toBe('OB');
      expect([...elements.values()].filter(({ vr }) => vr === 'SQ').length).toBeGreaterThan(8);
    }
  });

  it('has pixels that compress as CT does, and no two slices alike', () => {
    const frames = series.map(({ frames }) => Buffer.concat(frames[0]?.pieces ?? []));
    for (const frame of frames) {
      const share = deflateSync(frame).length / frame.length;
      expect(share).toBeGreaterThan(0.35);
      expect(share).toBeLessThan(0.65);
    }
    expect(new Set(frames.map((frame) => frame.toString('latin1'))).size).toBe(frames.length);
  });

  it('says where its pixels are, and is the same for the same seed', () => {
    for (const instance of series) expectFrames(instance);
    const again = ctSeries(new SeededRandom(3), { slices: 3 });
    expect(again.map(digestOf)).toEqual(series.map(digestOf));
    const [other] = ctSeries(new SeededRandom(4), { slices: 1 });
    expect(digestOf(other)).not.toBe(digestOf(series[0]));
  });
});

it('makes cines of 60 JPEG frames that decode', async () => {
  const frames = await cineFrames({ rows: 48, columns: 64 });
  const [cine] = cineSeries(new SeededRandom(3), frames, 1);
  if (cine === undefined) throw new Error('no cine');
  expect(cine.frames.length).toBe(60);
  expectFrames(cine);
  const read = readPart10(fileOf(cine));
  expect(read.transferSyntax.uid).toBe('1.2.840.10008.1.2.4.50');
  for (const { pieces } of cine.frames.slice(0, 3)) {
    expect(await sharp(Buffer.concat(pieces)).metadata()).toMatchObject({
      width: 64,
      height: 48,
      channels: 3,
    });
  }
});

it('makes studies that differ in everything by which they are found', () => {
  const studies = tinyStudies(new SeededRandom(3), 500);
  const distinct = (of: (study: (typeof studies)[number]) => string) => new Set(studies.map(of)).size;
  expect(distinct(({ instance }) => instance.studyInstanceUid)).toBe(500);
  expect(distinct(({ patient }) => patient.name)).toBeGreaterThan(450);
  expect(distinct(({ patient }) => patient.studyDate.slice(0, 6))).toBe(24);
  expect(distinct(({ modality }) => modality)).toBeGreaterThan(3);
  for (const { instance } of studies.slice(0, 5)) expectFrames(instance);
});

/** Each frame lies in the file where the load says it is. */
function expectFrames(instance: LoadInstance): void {
  const file = fileOf(instance);
  expect(file.length).toBe(instance.bytes);
  for (const { offset, pieces } of instance.frames) {
    expect(file.subarray(offset, offset + lengthOf(pieces)).equals(Buffer.concat(pieces))).toBe(true);
  }
}

function digestOf(instance: LoadInstance | undefined): string {
  return createHash('sha256').update(fileOf(instance)).digest('hex');
}

function fileOf(instance: LoadInstance | undefined): Buffer {
  return Buffer.concat(instance?.pieces ?? []);
}
