/** PS3.18 §8.7 and §8.8: media types, transfer syntaxes, character sets, and how they are chosen. */
import { readPart10 } from '@sandyq/dicom';
import { expect } from 'vitest';
import type { Answered } from './ask.ts';
import { type Check, check } from './check.ts';
import type { Instance } from './content.ts';
import { firstContentType } from './messages.ts';
import type { Subject } from './subject.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const IMPLICIT_LE = '1.2.840.10008.1.2';
const EXPLICIT_BE = '1.2.840.10008.1.2.2';
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
const RLE = '1.2.840.10008.1.2.5';
const JPEG_2000_LOSSLESS = '1.2.840.10008.1.2.4.90';
const MPEG4 = '1.2.840.10008.1.2.4.102';

/** The instance as application/dicom; `syntax` goes into the media type. */
function instanceIn({ ask }: Subject, { path }: Instance, syntax?: string): Promise<Answered> {
  const parameter = syntax === undefined ? '' : `; transfer-syntax=${syntax}`;
  return ask(path, { headers: { Accept: `application/dicom${parameter}` } });
}

/** What the answer's file meta information says; must agree with its Content-Type. */
function syntaxOf(answer: Answered): string {
  expect(answer.status, answer.text().slice(0, 500)).toBe(200);
  const file = readPart10(answer.body);
  const said = /transfer-syntax="?([\d.]+)"?/.exec(firstContentType(answer))?.[1];
  expect(said).toBe(file.transferSyntax.uid);
  return file.transferSyntax.uid;
}

export const mediaTypeChecks: readonly Check[] = [
  check('implicit-vr-never-sent', async (subject) => {
    const { implicit, bigEndian } = subject.content;
    for (const instance of [implicit, bigEndian]) {
      expect(syntaxOf(await instanceIn(subject, instance))).toBe(EXPLICIT_LE);
      expect(syntaxOf(await instanceIn(subject, instance, '*'))).toBe(EXPLICIT_LE);
      for (const forbidden of [IMPLICIT_LE, EXPLICIT_BE]) {
        expect((await instanceIn(subject, instance, forbidden)).status, forbidden).toBe(406);
      }
    }
  }),
  check('default-transfer-syntax', async (subject) => {
    const { ct, multiFrame, lossless, cine, video, report } = subject.content;
    for (const instance of [ct, multiFrame, lossless, report]) {
      expect(syntaxOf(await instanceIn(subject, instance)), instance.path).toBe(EXPLICIT_LE);
    }
    // Lossy, and held in no other form.
    expect(syntaxOf(await instanceIn(subject, cine))).toBe(JPEG_BASELINE);
    expect(syntaxOf(await instanceIn(subject, video))).toBe(MPEG4);
    // Bulk data too: RLE frames come decoded, little endian.
    const frame = await subject.ask(`${multiFrame.path}/frames/1`, {
      headers: { Accept: 'multipart/related; type="application/octet-stream"' },
    });
    expect(frame.status, frame.text().slice(0, 300)).toBe(200);
    expect(frame.parts()[0]?.body.length).toBe(64 * 64 * 2);
  }),
  check('transfer-syntax-parameter', async (subject) => {
    const { ct, multiFrame } = subject.content;
    for (const instance of [ct, multiFrame]) {
      for (const syntax of [RLE, JPEG_2000_LOSSLESS, EXPLICIT_LE]) {
        expect(syntaxOf(await instanceIn(subject, instance, syntax))).toBe(syntax);
      }
    }
    const quoted = await instanceIn(subject, ct, `"${RLE}"`);
    expect(syntaxOf(quoted)).toBe(RLE);
    expect((await instanceIn(subject, ct, JPEG_BASELINE)).status).toBe(406);
    expect((await instanceIn(subject, ct, '1.2.3.4')).status).toBe(406);
  }),
  check('transfer-syntax-wildcard', async (subject) => {
    const { ct, multiFrame, cine } = subject.content;
    for (const [instance, stored] of [
      [ct, EXPLICIT_LE],
      [multiFrame, RLE],
      [cine, JPEG_BASELINE],
    ] as const) {
      const answer = await instanceIn(subject, instance, '*');
      expect(syntaxOf(answer)).toBe(stored);
    }
    const frames = await subject.ask(`${multiFrame.path}/frames/1`, {
      headers: { Accept: 'multipart/related; type="image/dicom-rle"; transfer-syntax=*' },
    });
    expect([frames.status, firstContentType(frames).startsWith('image/dicom-rle')]).toEqual([200, true]);
  }),
  check('content-type-parameters', async ({ ask, content }) => {
    const { ct, multiFrame } = content;
    for (const path of [ct.path, ct.studyPath, `${ct.path}/metadata`, `${multiFrame.path}/frames/1`]) {
      const type = firstContentType(await ask(path));
      expect(type.match(/transfer-syntax=/g)?.length ?? 0, type).toBeLessThanOrEqual(1);
      expect(type.match(/charset=/g)?.length ?? 0, type).toBeLessThanOrEqual(1);
    }
    expect((await ask('/dicom-web/studies?PatientID=nobody-has-this')).headers).not.toHaveProperty(
      'content-type',
    );
  }),
  check('default-media-types', async ({ ask, content }) => {
    const { ct, cine } = content;
    expect((await ask(`${ct.path}/metadata`)).mediaType).toBe('application/dicom+json');
    expect((await ask('/dicom-web/studies')).mediaType).toBe('application/dicom+json');
    expect(firstContentType(await ask(ct.path))).toMatch(/^application\/dicom(;|$)/);
    const octets = await ask(`${ct.path}/frames/1`, {
      headers: { Accept: 'multipart/related; type="application/octet-stream"' },
    });
    expect(firstContentType(octets)).toMatch(/^application\/octet-stream/);
    const jpeg = await ask(`${cine.path}/frames/1`, {
      headers: { Accept: 'multipart/related; type="image/jpeg"' },
    });
    expect(firstContentType(jpeg)).toMatch(/^image\/jpeg/);
  }),
  check('metadata-media-types', async ({ ask, content }) => {
    for (const path of [content.ct.path, content.ct.seriesPath, content.ct.studyPath]) {
      const json = await ask(`${path}/metadata`, { headers: { Accept: 'application/dicom+json' } });
      expect([json.status, json.mediaType]).toEqual([200, 'application/dicom+json']);
      expect(Array.isArray(json.json())).toBe(true);
      const xml = await ask(`${path}/metadata`, {
        headers: { Accept: 'multipart/related; type="application/dicom+xml"' },
      });
      expect(xml.status).toBe(200);
      for (const { headers, body } of xml.parts()) {
        expect(headers.get('content-type')).toMatch(/^application\/dicom\+xml/);
        expect(body.toString('utf8')).toContain('<NativeDicomModel');
      }
    }
  }),
  check('invalid-accept-ignored', async ({ ask, content }) => {
    for (const nonsense of ['nonsense', 'a/b/c', ';;;', 'image/png;q=9', 'text/x-unheard-of']) {
      const headers = { Accept: `${nonsense}, application/dicom+json` };
      const answer = await ask(`${content.ct.path}/metadata`, { headers });
      expect([nonsense, answer.status, answer.mediaType]).toEqual([nonsense, 200, 'application/dicom+json']);
    }
  }),
  check('accept-weights', async ({ ask, content }) => {
    const xml = 'multipart/related; type="application/dicom+xml"';
    const path = `${content.ct.path}/metadata`;
    for (const [accept, mediaType] of [
      [`application/dicom+json;q=0.2, ${xml};q=0.9`, 'multipart/related'],
      [`application/dicom+json;q=0.9, ${xml};q=0.2`, 'application/dicom+json'],
      [`application/dicom+json;q=0, */*`, 'multipart/related'],
    ] as const) {
      const answer = await ask(path, { headers: { Accept: accept } });
      expect([accept, answer.status, answer.mediaType]).toEqual([accept, 200, mediaType]);
    }
    const tie = await ask(path, { headers: { Accept: `application/dicom+json, ${xml}` } });
    expect(tie.status).toBe(200);
  }),
  check('charset-media-type-parameter', async ({ ask, content }) => {
    for (const charset of ['utf-8', 'UTF-8', '"utf-8"']) {
      const json = await ask(`${content.ct.path}/metadata`, {
        headers: { Accept: `application/dicom+json; charset=${charset}` },
      });
      expect([charset, json.status]).toEqual([charset, 200]);
      const file = await ask(content.ct.path, {
        headers: { Accept: `application/dicom; charset=${charset}` },
      });
      expect([charset, file.status]).toEqual([charset, 200]);
    }
  }),
];
