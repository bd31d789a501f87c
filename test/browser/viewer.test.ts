/** OHIF, unmodified but for its addresses, on real files: what a radiologist sees. */
import { recordingLogger } from '@sandyq/telemetry';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { corpusFiles, corpusNote, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { storeMany } from '../support/dicomweb.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import {
  chromiumNote,
  skipWithoutChromium,
  startChromium,
  type Watched,
  watchedContext,
} from './support/chromium.ts';
import { type Colour, type Pixels, type Place, ViewerWindow } from './support/viewer-window.ts';

/** Files that are one study each: four slices of a head; a water phantom, whose 101 slices look alike. */
const CT_HEAD = /^ct\/series-ge-gantry\//;
const CT_PHANTOM = /^ct\/series-101-slices-implicit\//;
const CINE = /^us\/cine\/I_000001\.dcm$/;
/** OHIF has no decoder for it. */
const JPEG_XL = /^us\/cine\/will-jxl\.dcm$/;
/** One picture in JPEG (4:2:2 and 4:4:4), JPEG-LS (lossless and near), JPEG Lossless, and as palettes of 8 and 16 bits. */
const TEST_PATTERN = /^sc\/TestPattern_/;

/** Where the test pattern has which colour: as dcmtk shows it. */
const PATTERN: readonly (readonly [Place, Colour])[] = [
  [
    [180, 140],
    [192, 192, 0],
  ],
  [
    [235, 140],
    [0, 192, 192],
  ],
  [
    [292, 140],
    [0, 192, 0],
  ],
  [
    [350, 140],
    [192, 0, 192],
  ],
  [
    [405, 140],
    [192, 0, 0],
  ],
  [
    [462, 140],
    [0, 0, 192],
  ],
  [
    [320, 350],
    [192, 192, 0],
  ],
  [
    [440, 280],
    [255, 255, 255],
  ],
];
/** Near-lossless and 4:2:2 are off by a little. */
const TOLERANCE = 6;

describe.skipIf(skipWithoutChromium || skipWithoutCorpus)(`OHIF${chromiumNote}${corpusNote}`, () => {
  const { logger, lines } = recordingLogger();
  let archive: TestArchive;
  let browser: Browser;
  let watched: Watched;
  const studies = new Map<RegExp, string>();

  beforeAll(async () => {
    [archive, browser] = await Promise.all([startArchive({ logger }), startChromium()]);
    watched = await watchedContext(browser, archive.url);
    for (const form of [CT_HEAD, CT_PHANTOM, CINE, JPEG_XL, TEST_PATTERN])
      studies.set(form, await storeFiles(form));
  });

  afterAll(async () => {
    await browser?.close();
    await archive?.stop();
  });

  async function storeFiles(form: RegExp): Promise<string> {
    const files = corpusFiles().filter(({ path }) => form.test(path));
    const { verdicts } = await storeMany(
      archive.url,
      files.map(({ path }) => readCorpusFile(path)),
    );
    expect(verdicts.filter(({ kind }) => kind === 'stored')).toHaveLength(files.length);
    return files[0]?.StudyInstanceUID ?? '';
  }

  const open = (form: RegExp) => ViewerWindow.open(watched.context, studies.get(form) ?? '');
  /** Requests for frames that have reached the archive so far. */
  const frameRequests = () =>
    lines.filter(({ event, route }) => event === 'request' && String(route).includes('/frames/')).length;

  it('opens a CT series and scrolls through it', async () => {
    const viewer = await open(CT_PHANTOM);
    expect(await viewer.ask('count')).toBe(101);
    await viewer.until('reads', '(1/101)');
    for (const index of [1, 2, 3]) {
      await viewer.scroll();
      await viewer.until('isAt', index);
    }
    await viewer.until('reads', '(4/101)');
    await viewer.ask('scrollTo', 50);
    await viewer.until('reads', '(51/101)');
    await viewer.page.close();
  });

  it('shows another picture for each slice', async () => {
    const viewer = await open(CT_HEAD);
    const digests = new Set<number>();
    for (const index of [0, 1, 2, 3]) {
      if (index > 0) await viewer.scroll();
      await viewer.until('isAt', index);
      await viewer.until('showsAnother', [...digests]);
      const { digest, levels } = await viewer.ask<Pixels>('pixels');
      digests.add(digest);
      expect(levels).toBeGreaterThan(100);
    }
    expect(digests.size).toBe(4);
    await viewer.page.close();
  });

  it('plays an ultrasound cine loop, and fetches each frame once in its life', async () => {
    const before = frameRequests();
    const first = await open(CINE);
    expect(await first.ask('count')).toBe(34);
    expect((await first.ask<Pixels>('pixels')).levels).toBeGreaterThan(100);
    await first.ask('watchFrames');
    await first.play();
    await first.until('hasSeen', 10);
    await vi.waitUntil(() => frameRequests() - before === 34, { timeout: 60_000 });
    await first.page.close();

    const again = await open(CINE);
    await again.play();
    await again.until('isBeyond', 5);
    expect(frameRequests() - before).toBe(34);
    await again.page.close();
  });

  it('shows the right colours, however they are stored', async () => {
    const viewer = await open(TEST_PATTERN);
    const count = await viewer.ask<number>('count');
    expect(count).toBe(corpusFiles().filter(({ path }) => TEST_PATTERN.test(path)).length);
    for (let index = 0; index < count; index += 1) {
      await viewer.ask('scrollTo', index);
      await viewer.until('isAt', index);
      await viewer.untilColours(PATTERN, TOLERANCE);
    }
    await viewer.page.close();
  });

  it('shows what it cannot decode itself', async () => {
    const viewer = await open(JPEG_XL);
    expect((await viewer.ask<Pixels>('pixels')).levels).toBeGreaterThan(100);
    await viewer.page.close();
  });

  it('asks nobody but the archive, and complains about nothing', () => {
    expect(watched.foreignRequests).toEqual([]);
    expect(watched.errors).toEqual([]);
  });
});
