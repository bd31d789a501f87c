/** `/` in a browser, and OHIF's own list: names of every script, search, paging, keyboard, keys. */
import { createFacility } from '@sandyq/database';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { corpusNote, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { storeMany } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import {
  chromiumNote,
  skipWithoutChromium,
  startChromium,
  type Watched,
  watchedContext,
} from './support/chromium.ts';

/** ISO_IR 144, and ISO 2022 IR 149 with and without an ideographic group, as scanners sent them. */
const NAMED = [
  'derived/charset-ir144-russian-full-name.dcm',
  'charsets/chrRuss.dcm',
  'charsets/chrKoreanMulti.dcm',
  'charsets/chrI2.dcm',
] as const;
/** More than one page of 25, with those above. */
const MADE_STUDIES = 26;

describe.skipIf(skipWithoutChromium || skipWithoutCorpus)(
  `the start page${chromiumNote}${corpusNote}`,
  () => {
    let archive: TestArchive;
    let browser: Browser;
    let watched: Watched;
    let page: Page;
    let password: string;

    beforeAll(async () => {
      const environment = { SANDYQ_AUTH: 'keys' };
      [archive, browser] = await Promise.all([startArchive({ environment }), startChromium()]);
      const { database } = archive.archive;
      await createFacility(database, { code: 'clinic', name: 'A clinic' }, 'test');
      const scanner = await createKey(database, { roles: ['scanner'], facilityCode: 'clinic' });
      const instances = [...NAMED.map(readCorpusFile), ...madeStudies()];
      const headers = { Authorization: `Bearer ${scanner}` };
      const { verdicts } = await storeMany(archive.url, instances, headers);
      expect(verdicts.filter(({ kind }) => kind === 'stored')).toHaveLength(instances.length);
      password = await createKey(database, { roles: ['radiologist'] });
      watched = await watchedContext(browser, archive.url, {
        httpCredentials: { username: 'any', password },
      });
      page = await watched.context.newPage();
    });

    afterAll(async () => {
      await browser?.close();
      await archive?.stop();
    });

    const says = (text: string) => page.locator('#says', { hasText: text }).waitFor();
    const names = () => page.locator('tbody a.name').allInnerTexts();
    const searchFor = async (label: string, text: string) => {
      await page.getByLabel(label).fill(text);
      await page.getByRole('button', { name: 'Search' }).click();
    };
    const clear = () => page.getByRole('button', { name: 'Clear' }).click();

    it('says that the archive is ready, and what it holds', async () => {
      await page.goto('/');
      await says('Studies 1 to 25, newest first.');
      await page.locator('#state', { hasText: 'Ready 30 studies, 30 instances' }).waitFor();
      expect(await page.content()).not.toMatch(/\bon[a-z]+="/);
    });

    it('shows a picture of each study', async () => {
      const image = page.locator('tbody .thumbnail img').first();
      const width = () => image.evaluate((element: object): unknown => Reflect.get(element, 'naturalWidth'));
      await expect.poll(width, { timeout: 60_000 }).toBeGreaterThan(0);
    });

    it('turns pages, and back again', async () => {
      await page.getByRole('button', { name: 'Older' }).click();
      await says('Studies 26 to 30, newest first.');
      expect(await names()).toHaveLength(5);
      expect(await page.getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
      await page.goBack();
      await says('Studies 1 to 25, newest first.');
    });

    it.each([
      ['Иванова', 'Иванова Анна Сергеевна'],
      ['сергеевна', 'Иванова Анна Сергеевна'],
      ['Люкc', 'Люкceмбypг'],
      ['김희중', '김희중'],
      ['홍', 'Hong Gildong · 洪 吉洞 · 홍 길동'],
    ])('finds %s and shows %s', async (text, name) => {
      await searchFor('Patient name', text);
      await page.locator('tbody a.name', { hasText: name }).waitFor();
      expect(await names()).toContain(name);
      // What was searched for is in no address.
      expect(page.url()).toBe(`${archive.url}/`);
      await clear();
    });

    it('searches by identifier, modality and date', async () => {
      await searchFor('Patient ID', 'MADE-7');
      await says('Studies 1 to 1, newest first.');
      expect(await names()).toEqual(['Made 7']);
      await clear();
      await says('Studies 1 to 25');
      await page.getByLabel('From').fill('2099-01-01');
      await searchFor('Modality', 'ct');
      await says('No study matches.');
      await clear();
    });

    it('goes by keyboard from the search to the viewer', async () => {
      await says('Studies 1 to 25');
      await page.locator('h1').click();
      await page.keyboard.press('/');
      await page.keyboard.type('Made 25');
      await page.keyboard.press('Enter');
      await says('Studies 1 to 1, newest first.');
      await page.locator('h1').click();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/viewer/viewer?StudyInstanceUIDs=2.25.30025');
    });

    it("shows the names in OHIF's own list", async () => {
      await page.goto('/viewer');
      for (const name of ['Иванова, Анна Сергеевна', 'Люкceмбypг', '김희중', 'Hong, Gildong']) {
        await page.getByText(name, { exact: true }).first().waitFor();
      }
      await page.close();
    });

    it('asks nobody but the archive; only pictures that are not there are missing', () => {
      expect(watched.foreignRequests).toEqual([]);
      expect(watched.errors.filter((error) => !error.includes('/thumbnail'))).toEqual([]);
    });

    it('says what is wrong with a search', async () => {
      const { context } = await watchedContext(browser, archive.url, {
        httpCredentials: { username: 'any', password },
      });
      const searching = await context.newPage();
      await searching.goto('/');
      await searching.getByLabel('From').fill('2026-02-01');
      await searching.getByLabel('To', { exact: true }).fill('2026-01-01');
      await searching.getByRole('button', { name: 'Search' }).click();
      const sentence = 'StudyDate is a range whose end lies before its beginning';
      await searching.locator('#says.problem', { hasText: sentence }).waitFor();
      await context.close();
    });

    it('shows nothing without a right key, and says what to do', async () => {
      const { context } = await watchedContext(browser, archive.url, {
        httpCredentials: { username: 'any', password: 'wrong' },
      });
      const stranger = await context.newPage();
      const refused = stranger.waitForResponse((response) => response.status() === 401);
      await stranger.goto('/');
      expect((await refused).headers()['www-authenticate']).toContain('Basic realm="Sandyq"');
      await stranger.locator('#says', { hasText: 'A key is needed' }).waitFor();
      expect(await stranger.locator('tbody tr').count()).toBe(0);
      expect(await stranger.getByRole('button', { name: 'Give a key' }).isVisible()).toBe(true);
      await context.close();
    });
  },
);

function madeStudies(): Buffer[] {
  const image = { rows: 8, columns: 8, pixels: Buffer.alloc(128, 7) };
  return Array.from({ length: MADE_STUDIES }, (_, index) => {
    const uid = `2.25.300${index}`;
    const ids = {
      studyInstanceUid: uid,
      seriesInstanceUid: `${uid}.1`,
      sopInstanceUid: `${uid}.1.1`,
    };
    const attributes = { patientId: `MADE-${index}.`, patientName: `Made^${index}` };
    return makeNativeImage(ids, image, attributes).bytes;
  });
}
