/** PS3.18 §9: the URI service, WADO-URI. */
import { readPart10 } from '@sandyq/dicom';
import { expect } from 'vitest';
import type { Answered } from './ask.ts';
import { type Check, check } from './check.ts';
import type { Instance } from './content.ts';
import { type PictureSize, pictureSize, pngSamples } from './picture.ts';
import type { Subject } from './subject.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const RLE = '1.2.840.10008.1.2.5';

/** Parameters that every request has; a value of undefined leaves one out. */
function wado(
  { ask }: Subject,
  { studyUid, seriesUid, instanceUid }: Instance,
  parameters: Readonly<Record<string, string | undefined>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const all = {
    requestType: 'WADO',
    studyUID: studyUid,
    seriesUID: seriesUid,
    objectUID: instanceUid,
    ...parameters,
  };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return ask(`/wado?${given.join('&')}`, { headers });
}

async function expectStatus(answer: Promise<Answered>, status: number, of: unknown): Promise<void> {
  const { status: given, mediaType, text } = await answer;
  expect([of, given], mediaType.endsWith('json') ? text().slice(0, 300) : mediaType).toEqual([of, status]);
}

export const uriServiceChecks: readonly Check[] = [
  check('uri-mandatory-parameters', async (subject) => {
    const { ct } = subject.content;
    await expectStatus(wado(subject, ct), 200, 'all');
    for (const missing of ['requestType', 'studyUID', 'seriesUID', 'objectUID']) {
      await expectStatus(wado(subject, ct, { [missing]: undefined }), 400, missing);
    }
    for (const type of ['', 'wado', 'XDS'])
      await expectStatus(wado(subject, ct, { requestType: type }), 400, type);
    await expectStatus(wado(subject, ct, { objectUID: 'not a uid' }), 400, 'objectUID');
    await expectStatus(wado(subject, ct, { objectUID: '1.2.3.4.5.6.7' }), 404, 'unknown');
  }),
  check('uri-content-type', async (subject) => {
    const { ct } = subject.content;
    for (const contentType of ['image/png', 'image/gif', 'image/jpeg']) {
      const answer = await wado(subject, ct, { contentType });
      expect([contentType, answer.status, answer.mediaType]).toEqual([contentType, 200, contentType]);
    }
    await expectStatus(wado(subject, ct, { charset: 'utf-8' }), 200, 'charset');
    for (const contentType of [
      `application/dicom; transfer-syntax=${RLE}`,
      'application/dicom; charset=utf-8',
    ]) {
      await expectStatus(wado(subject, ct, { contentType }), 400, contentType);
    }
    await expectStatus(
      wado(subject, ct, { contentType: 'text/x-unheard-of' }, { Accept: 'text/x-unheard-of' }),
      406,
      'unheard-of',
    );
  }),
  check('uri-dicom', async (subject) => {
    for (const instance of [subject.content.ct, subject.content.multiFrame, subject.content.report]) {
      const answer = await wado(subject, instance, { contentType: 'application/dicom' });
      expect([instance.path, answer.status, answer.mediaType]).toEqual([
        instance.path,
        200,
        'application/dicom',
      ]);
      expect(answer.headers['content-length'] ?? answer.headers['transfer-encoding']).toBeDefined();
      expect(readPart10(answer.body).transferSyntax.uid).toBe(EXPLICIT_LE);
      expect(answer.body.includes(instance.instanceUid)).toBe(true);
    }
  }),
  check('uri-rendered', async (subject) => {
    const { ct, colour } = subject.content;
    for (const instance of [ct, colour]) {
      const answer = await wado(subject, instance);
      expect([answer.status, answer.mediaType]).toEqual([200, 'image/jpeg']);
      expect(pictureSize(answer.body).mediaType).toBe('image/jpeg');
    }
  }),
  check('uri-headers', async (subject) => {
    const { ct } = subject.content;
    const png = await wado(subject, ct, {}, { Accept: 'image/png, */*;q=0.1' });
    expect([png.status, png.mediaType]).toEqual([200, 'image/png']);
    const dicom = await wado(subject, ct, {}, { Accept: 'application/dicom' });
    expect([dicom.status, dicom.mediaType]).toEqual([200, 'application/dicom']);
    await expectStatus(
      wado(subject, ct, {}, { 'Accept-Charset': 'utf-8, x-klingon' }),
      200,
      'Accept-Charset',
    );
  }),
  check('uri-rendered-headers', async (subject) => {
    const { headers, body, status } = await wado(subject, subject.content.ct);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('image/jpeg');
    expect(Number(headers['content-length'])).toBe(body.length);
    expect(headers['content-location']).toBeDefined();
  }),
  check('uri-transfer-syntax', async (subject) => {
    const { ct } = subject.content;
    const dicom = { contentType: 'application/dicom' };
    for (const transferSyntax of [EXPLICIT_LE, RLE]) {
      const answer = await wado(subject, ct, { ...dicom, transferSyntax });
      expect([transferSyntax, answer.status]).toEqual([transferSyntax, 200]);
      expect(readPart10(answer.body).transferSyntax.uid).toBe(transferSyntax);
    }
    await expectStatus(wado(subject, ct, { ...dicom, transferSyntax: `${EXPLICIT_LE},${RLE}` }), 400, 'two');
    await expectStatus(wado(subject, ct, { ...dicom, transferSyntax: 'rle' }), 400, 'no UID');
    await expectStatus(
      wado(subject, ct, { ...dicom, transferSyntax: '1.2.840.10008.1.2.4.100' }),
      406,
      'unsupported',
    );
  }),
  check('uri-windowing', async (subject) => {
    const { ct, presentation } = subject.content;
    const window = { windowCenter: '40', windowWidth: '400' };
    const as = (parameters: Record<string, string>) =>
      wado(subject, ct, { contentType: 'image/png', ...parameters });
    const [narrow, wide] = [await as(window), await as({ windowCenter: '40', windowWidth: '4000' })];
    expect([narrow.status, wide.status]).toEqual([200, 200]);
    expect(narrow.body.equals(wide.body)).toBe(false);
    const restful = await subject.ask(`${ct.path}/rendered?window=40,400,linear`, {
      headers: { Accept: 'image/png' },
    });
    expect(pngSamples(narrow.body).samples.equals(pngSamples(restful.body).samples)).toBe(true);
    for (const bad of [
      { windowCenter: '40' },
      { windowWidth: '400' },
      { windowCenter: 'x', windowWidth: '400' },
      { ...window, contentType: 'application/dicom' },
      { ...window, presentationSeriesUID: presentation.seriesUid, presentationUID: presentation.instanceUid },
    ]) {
      await expectStatus(as(bad), 400, bad);
    }
  }),
  check('uri-frame-number', async (subject) => {
    const { ct, multiFrame } = subject.content;
    const frame = (frameNumber: string) =>
      wado(subject, multiFrame, { contentType: 'image/png', frameNumber });
    const [first, last] = [await frame('1'), await frame('10')];
    expect([first.status, last.status]).toEqual([200, 200]);
    const restful = await subject.ask(`${multiFrame.path}/frames/10/rendered`, {
      headers: { Accept: 'image/png' },
    });
    expect(pngSamples(last.body).samples.equals(pngSamples(restful.body).samples)).toBe(true);
    expect(first.body.equals(last.body)).toBe(false);
    for (const bad of ['0', '11', '-1', '1.5', '1,2', 'x', '']) await expectStatus(frame(bad), 400, bad);
    await expectStatus(wado(subject, ct, { frameNumber: '1' }), 400, 'single frame');
  }),
  check('uri-region', async (subject) => {
    const { ct } = subject.content;
    const as = (region: string) =>
      wado(subject, ct, { contentType: 'image/png', windowCenter: '40', windowWidth: '400', region });
    const whole = pngSamples((await as('0,0,1,1')).body);
    const quarter = await as('0.25,0.5,0.75,1.0');
    expect(pictureSize(quarter.body)).toMatchObject({ width: 64, height: 64 });
    const part = pngSamples(quarter.body);
    const expected = whole.samples.subarray(
      (64 * 128 + 32) * whole.channels,
      (64 * 128 + 96) * whole.channels,
    );
    expect(part.samples.subarray(0, 64 * part.channels)).toEqual(expected);
    for (const bad of [
      '',
      '0,0,1',
      '0,0,1,1,1',
      '0.5,0,0.5,1',
      '0.6,0,0.5,1',
      '-0.1,0,1,1',
      '0,0,1.1,1',
      'a,b,c,d',
    ]) {
      await expectStatus(as(bad), 400, bad);
    }
  }),
  check('uri-viewport', async (subject) => {
    const { bigEndian } = subject.content;
    const as = (parameters: Record<string, string>) =>
      wado(subject, bigEndian, { contentType: 'image/png', ...parameters });
    const full = pictureSize((await as({})).body);
    for (const [parameters, bounded] of [
      [{ rows: '100', columns: '100' }, ({ width, height }) => Math.max(width, height)],
      [{ rows: '100' }, ({ height }) => height],
      [{ columns: '100' }, ({ width }) => width],
    ] as readonly (readonly [Record<string, string>, (size: PictureSize) => number])[]) {
      const answer = await as(parameters);
      expect([parameters, answer.status]).toEqual([parameters, 200]);
      const size = pictureSize(answer.body);
      expect([parameters, bounded(size)]).toEqual([parameters, 100]);
      expect(Math.abs(size.width / size.height - full.width / full.height)).toBeLessThan(0.03);
    }
    await expectStatus(as({ rows: '0' }), 400, 'rows=0');
    await expectStatus(as({ columns: 'wide' }), 400, 'columns=wide');
  }),
  check('uri-presentation-state', async (subject) => {
    const { presented, presentation } = subject.content;
    const state = {
      presentationSeriesUID: presentation.seriesUid,
      presentationUID: presentation.instanceUid,
    };
    const as = (parameters: Record<string, string>) =>
      wado(subject, presented, { contentType: 'image/png', ...parameters });
    const shown = await as({ ...state, rows: '64', columns: '64' });
    expect(shown.status, shown.text().slice(0, 300)).toBe(200);
    const { width, height } = pictureSize(shown.body);
    expect(Math.max(width, height)).toBe(64);
    for (const bad of [
      { ...state, frameNumber: '1' },
      { ...state, windowCenter: '40', windowWidth: '400' },
      { ...state, presentationUID: '1.2.3' },
      { ...state, presentationSeriesUID: '1.2.3' },
      { presentationUID: presentation.instanceUid },
    ]) {
      await expectStatus(as(bad), 400, bad);
    }
  }),
  check('uri-presentation-region', async (subject) => {
    const { presented, presentation } = subject.content;
    const as = (parameters: Record<string, string>) =>
      wado(subject, presented, {
        contentType: 'image/png',
        presentationSeriesUID: presentation.seriesUid,
        presentationUID: presentation.instanceUid,
        ...parameters,
      });
    const whole = pngSamples((await as({})).body);
    expect(pngSamples((await as({ region: '0,0,1,1' })).body)).toEqual(whole);
    const half = await as({ region: '0.5,0,1,1' });
    expect(half.status, half.text().slice(0, 300)).toBe(200);
    const right = pngSamples(half.body);
    const { width, height } = pictureSize((await as({})).body);
    expect(pictureSize(half.body)).toMatchObject({ width: Math.ceil(width / 2), height });
    const start = Math.floor(width / 2) * whole.channels;
    expect(right.samples.subarray(0, width * whole.channels - start)).toEqual(
      whole.samples.subarray(start, width * whole.channels),
    );
    await expectStatus(as({ region: '0.5,0,0.5,1' }), 400, 'empty region');
  }),
];
