/** PS3.18 §10.4: the resources of the Retrieve transaction but the rendered ones. */
import { type DicomJson, readPart10, Tags } from '@sandyq/dicom';
import { expect } from 'vitest';
import { itemsOf } from '../../support/dicomweb.ts';
import { makeNativeImage } from '../../support/made-instances.ts';
import { jsonPart, writeParts } from '../../support/metadata-store.ts';
import { noteOf } from '../../support/rejecting.ts';
import { type Check, check } from './check.ts';
import type { Subject } from './subject.ts';

/** Paths of all bulk data of a data set, in its order. */
function bulkDataPaths(url: string, dataSet: DicomJson): string[] {
  return Object.values(dataSet).flatMap((attribute) => {
    if (attribute.BulkDataURI !== undefined) return [new URL(attribute.BulkDataURI, url).pathname];
    return attribute.vr === 'SQ' ? itemsOf(attribute).flatMap((item) => bulkDataPaths(url, item)) : [];
  });
}

async function metadataOf({ ask }: Subject, path: string): Promise<DicomJson[]> {
  const answer = await ask(`${path}/metadata`);
  expect(answer.status).toBe(200);
  return answer.json() as DicomJson[];
}

export const retrieveChecks: readonly Check[] = [
  check('retrieve-resources', async ({ ask, content }) => {
    const { ct, multiFrame } = content;
    const resources = [
      ...[ct.studyPath, ct.seriesPath, ct.path].flatMap((path) => [
        path,
        `${path}/metadata`,
        `${path}/rendered`,
        `${path}/bulkdata`,
      ]),
      `${ct.path}/frames/1`,
      `${multiFrame.path}/frames/1,4,10`,
      `${ct.path}/frames/1/rendered`,
      `${ct.path}/bulkdata/7FE00010`,
    ];
    for (const resource of resources) {
      const answer = await ask(resource);
      expect([resource, answer.status]).toEqual([resource, 200]);
      expect(answer.body.length, resource).toBeGreaterThan(0);
    }
    const nobody = ct.instanceUid.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
    expect((await ask(ct.path.replace(ct.instanceUid, nobody))).status).toBe(404);
    expect((await ask(`${ct.path}/frames/2`)).status).toBe(404);
  }),
  check('metadata-complete', async (subject) => {
    for (const { path, bytes } of [
      subject.content.ct,
      subject.content.report,
      subject.content.presentation,
    ]) {
      const [dataSet] = await metadataOf(subject, path);
      const stored = readPart10(bytes).dataSet.elements;
      const expected = [...stored.keys()].filter((tag) => (tag & 0xffff) !== 0 && tag !== 0xfffcfffc);
      const given = new Set(Object.keys(dataSet ?? {}).map((tag) => Number.parseInt(tag, 16)));
      expect(expected.filter((tag) => !given.has(tag))).toEqual([]);
    }
  }),
  check('bulkdata-resources', async (subject) => {
    const { document, ct, implicit } = subject.content;
    for (const instance of [document, ct, implicit]) {
      for (const path of [instance.path, instance.seriesPath, instance.studyPath]) {
        const answer = await subject.ask(`${path}/bulkdata`);
        expect([path, answer.status]).toEqual([path, 200]);
        const places = answer
          .parts()
          .map(({ headers }) => new URL(String(headers.get('content-location')), subject.url).pathname);
        const named = (await metadataOf(subject, path)).flatMap((each) => bulkDataPaths(subject.url, each));
        expect(places.toSorted()).toEqual(named.toSorted());
        expect(named.length).toBeGreaterThan(0);
      }
    }
    const octets = await subject.ask(document.path, {
      headers: { Accept: 'multipart/related; type="application/octet-stream"' },
    });
    expect([octets.status, octets.parts().length]).toEqual([200, 1]);
  }),
  check('gone', async ({ ask, store }) => {
    const study = '2.25.8500';
    const ids = { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.1.1` };
    const image = makeNativeImage(ids, { rows: 1, columns: 1, pixels: Buffer.alloc(2) }, { patientId: 'P1' });
    expect((await store(image.bytes, { 'Content-Type': 'application/dicom' })).status).toBe(200);
    const path = `/dicom-web/studies/${study}/series/${study}.1/instances/${study}.1.1`;
    expect((await ask(path)).status).toBe(200);
    const { contentType, body } = writeParts([jsonPart([noteOf(`${study}.2`, '113037', [ids])])]);
    expect((await store(body, { 'Content-Type': contentType })).status).toBe(200);
    expect((await ask(path)).status).toBe(410);
    expect((await ask(`${path}.9`)).status).toBe(404);
  }),
  check('pixeldata-resources', async (subject) => {
    const { ct, multiFrame } = subject.content;
    const stored = readPart10(ct.bytes).dataSet.elements;
    expect(stored.has(Tags.Rows)).toBe(true);
    for (const path of [ct.path, ct.seriesPath, ct.studyPath]) {
      const answer = await subject.ask(`${path}/pixeldata`);
      expect([path, answer.status]).toEqual([path, 200]);
      const [part, ...others] = answer.parts();
      expect(others).toEqual([]);
      expect(part?.body.length).toBe(128 * 128 * 2);
      const [dataSet] = await metadataOf(subject, ct.path);
      const named = new URL(String(dataSet?.['7FE00010']?.BulkDataURI), subject.url).pathname;
      expect(new URL(String(part?.headers.get('content-location')), subject.url).pathname).toBe(named);
    }
    const frames = await subject.ask(`${multiFrame.path}/pixeldata`);
    expect(frames.status).toBe(200);
    const length = frames.parts().reduce((sum, { body }) => sum + body.length, 0);
    expect(length).toBe(10 * 64 * 64 * 2);
  }),
];
