import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import type { GuardedRoute } from './route.ts';
import { route, startApp } from './testing/start-app.ts';

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

async function get(path: string, url: string, answer: Answer, more: Partial<GuardedRoute> = {}) {
  const app = await startApp([route(() => answer, { path, ...more })]);
  stop.push(() => app.close());
  const { status, headers } = await app.get(url);
  return { status, location: headers.get('content-location')?.replace(app.url, '') };
}

const found = { status: 200, body: 'a' };

describe('Content-Location', () => {
  it('is the resource that was asked for, as it was named', async () => {
    const at = '/dicom-web/studies/:study/metadata';
    const url = '/dicom-web/studies/1.2/metadata?charset=utf-8';
    expect(await get(at, url, found)).toEqual({ status: 200, location: url });
    expect((await get('/wado', '/wado?requestType=WADO', found)).location).toBe('/wado?requestType=WADO');
    const own = { ...found, headers: { 'Content-Location': '/elsewhere' } };
    expect((await get(at, url, own)).location).toBe('/elsewhere');
  });

  it('is left out where it would be too long for the head of an answer behind a proxy', async () => {
    const at = '/dicom-web/studies/:study/frames/:frames';
    const numbers = Array.from({ length: 1_000 }, (_, index) => index + 1).join();
    expect(await get(at, `/dicom-web/studies/1/frames/${numbers}`, found)).toEqual({
      status: 200,
      location: undefined,
    });
  });

  it('is not there for searches, which name patients, for other answers, and for other paths', async () => {
    const at = '/dicom-web/studies';
    expect(
      (await get(at, '/dicom-web/studies?PatientName=A', found, { action: 'search' })).location,
    ).toBeUndefined();
    expect((await get(at, at, { status: 202 })).location).toBeUndefined();
    expect((await get('/originals/:study', '/originals/1', found)).location).toBeUndefined();
  });
});

describe('charset (PS3.18 §8.3.3.2)', () => {
  it.each([
    ['utf-8', 200],
    ['UTF-8', 200],
    ['iso-8859-5,utf-8;q=0.5', 200],
    ['*', 200],
    ['', 200],
    ['iso-8859-5', 400],
    ['windows-1251,koi8-r', 400],
  ])('%j is %i', async (charset, status) => {
    const at = '/dicom-web/studies/:study';
    expect((await get(at, `/dicom-web/studies/1?charset=${encodeURIComponent(charset)}`, found)).status).toBe(
      status,
    );
  });

  it('is a parameter of DICOMweb resources only', async () => {
    expect((await get('/originals/:study', '/originals/1?charset=koi8-r', found)).status).toBe(200);
  });
});
