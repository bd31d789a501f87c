/** PS3.18 §8.3.5, §8.7.4 and §10.4.1.1.3/4: rendered resources and thumbnails. */
import { readPart10, Tags } from '@sandyq/dicom';
import { expect } from 'vitest';
import { type Check, check } from './check.ts';
import { firstContentType } from './messages.ts';
import { jpegFrame, pictureSize, pngChunk, pngSamples } from './picture.ts';
import type { Subject } from './subject.ts';

/** Concept name of the root of the structured report (0040,A043), whose elements are of ISO_IR 100. */
const REPORT_TITLE = 'Diagnosis';

/** A picture of an instance as PNG; must succeed. */
async function png({ ask }: Subject, path: string, query = ''): Promise<Buffer> {
  const { status, body, headers } = await ask(`${path}${query}`, { headers: { Accept: 'image/png' } });
  expect([path, query, status, headers['content-type']?.split(';')[0]]).toEqual([
    path,
    query,
    200,
    'image/png',
  ]);
  return body;
}

async function expectRefused({ ask }: Subject, paths: readonly string[]): Promise<void> {
  for (const path of paths) expect([path, (await ask(path)).status]).toEqual([path, 400]);
}

/** VOI function LINEAR (PS3.3 C.11.2.1.2.1) on rescaled stored values, into 0 to 255. */
function linear(value: number, center: number, width: number): number {
  if (value <= center - 0.5 - (width - 1) / 2) return 0;
  if (value > center - 0.5 + (width - 1) / 2) return 255;
  return ((value - (center - 0.5)) / (width - 1) + 0.5) * 255;
}

export const renderedChecks: readonly Check[] = [
  check('rendering-parameters', async (subject) => {
    const { ct, multiFrame } = subject.content;
    const query = '?annotation=technique&quality=80&viewport=32,32&window=40,400,linear';
    for (const path of [ct.path, `${ct.path}/frames/1`, `${multiFrame.path}/frames/2`]) {
      const answer = await subject.ask(`${path}/rendered${query}`);
      expect([path, answer.status, answer.mediaType]).toEqual([path, 200, 'image/jpeg']);
      expect(Math.max(pictureSize(answer.body).width, pictureSize(answer.body).height)).toBe(32);
    }
    for (const path of [ct.seriesPath, ct.studyPath]) {
      const answer = await subject.ask(`${path}/rendered${query}`);
      expect([path, answer.status]).toEqual([path, 200]);
    }
  }),
  check('windowing', async (subject) => {
    const { ct } = subject.content;
    const { elements } = readPart10(ct.bytes).dataSet;
    const numberAt = (tag: (typeof Tags)[keyof typeof Tags]): number =>
      Number(
        Buffer.from(elements.get(tag)?.value ?? Buffer.from('0'))
          .toString('latin1')
          .trim(),
      );
    const slope = numberAt(Tags.RescaleSlope);
    const intercept = numberAt(Tags.RescaleIntercept);
    const pixels = ct.bytes.subarray(ct.bytes.length - trailing(ct.bytes));
    for (const [center, width] of [
      [40, 400],
      [-500, 1000],
    ] as const) {
      const { samples, channels } = pngSamples(
        await png(subject, `${ct.path}/rendered`, `?window=${center},${width},linear`),
      );
      for (let index = 0; index < 128 * 128; index += 97) {
        const expected = linear(pixels.readInt16LE(index * 2) * slope + intercept, center, width);
        expect(Math.abs((samples[index * channels] ?? 0) - expected), `pixel ${index}`).toBeLessThanOrEqual(
          1,
        );
      }
    }
  }),
  check('annotations', async (subject) => {
    const { ct } = subject.content;
    const plain = await png(subject, `${ct.path}/rendered`, '');
    expect(plain.equals(await png(subject, `${ct.path}/rendered`, ''))).toBe(true);
    const pictures = [plain];
    for (const annotation of ['patient', 'technique', 'patient,technique']) {
      const annotated = await png(subject, `${ct.path}/rendered`, `?annotation=${annotation}`);
      for (const other of pictures) expect(annotated.equals(other), annotation).toBe(false);
      pictures.push(annotated);
    }
    // Burnt in, not beside the picture: unannotated, the picture is what the pixels are.
    expect(pictureSize(plain)).toMatchObject({ width: 128, height: 128 });
  }),
  check('annotation-values', async (subject) => {
    const path = `${subject.content.ct.path}/rendered`;
    await expectRefused(subject, [`${path}?annotation=`, `${path}?annotation=patient,`]);
    const answer = await subject.ask(`${path}?annotation=patient,mood`);
    expect(answer.status).toBe(200);
    expect(answer.headers['warning']).toMatch(/299 \S+:? .*annotation values are not supported: mood/);
  }),
  check('quality', async (subject) => {
    const path = `${subject.content.ct.path}/rendered`;
    await expectRefused(
      subject,
      ['', '0', '101', '-1', '50.5', 'best', '1,2'].map((value) => `${path}?quality=${value}`),
    );
    const sizes = await Promise.all(
      [10, 95].map(async (quality) => (await subject.ask(`${path}?quality=${quality}`)).body.length),
    );
    expect(sizes[0]).toBeLessThan(sizes[1] ?? 0);
  }),
  check('viewport', async (subject) => {
    const path = `${subject.content.ct.path}/rendered`;
    for (const [query, width, height] of [
      ['', 128, 128],
      ['?viewport=64,64', 64, 64],
      ['?viewport=256,300', 256, 256],
      ['?viewport=50,200', 50, 50],
      // A region of 64 × 32 at 10, 20.
      ['?viewport=128,128,10,20,64,32', 128, 64],
      // Elided values: from the top left, to the bottom right.
      ['?viewport=128,128,,,64,32', 128, 64],
      ['?viewport=64,64,64,64', 64, 64],
    ] as const) {
      expect([query, pictureSize(await png(subject, path, query))]).toMatchObject([query, { width, height }]);
    }
    const whole = pngSamples(await png(subject, path, '?window=40,400,linear'));
    const region = pngSamples(await png(subject, path, '?window=40,400,linear&viewport=64,32,10,20,64,32'));
    const row = (y: number): Buffer =>
      whole.samples.subarray(((20 + y) * 128 + 10) * whole.channels, ((20 + y) * 128 + 74) * whole.channels);
    for (const y of [0, 31]) {
      expect(region.samples.subarray(y * 64 * region.channels, (y + 1) * 64 * region.channels)).toEqual(
        row(y),
      );
    }
  }),
  check('viewport-refused', async (subject) => {
    const { ct, presentation } = subject.content;
    const bad = [
      '',
      '64',
      '64,',
      ',64',
      '0,64',
      '-64,64',
      'a,b',
      '64.5,64',
      '64,64,1,1,1,1,1',
      '64,64,a',
      '64,64,500,500',
      '64,64,,,0,0',
    ];
    await expectRefused(
      subject,
      bad.map((value) => `${ct.path}/rendered?viewport=${value}`),
    );
    await expectRefused(subject, [
      `${ct.path}/thumbnail?viewport=64,64,0,0,10,10`,
      `${presentation.path}/rendered?viewport=64,64,0,0,10,10`,
    ]);
  }),
  check('window-refused', async (subject) => {
    const { ct, presentation } = subject.content;
    const bad = [
      '',
      '40',
      '40,400',
      '40,400,',
      '40,400,cubic',
      'x,400,linear',
      '40,y,linear',
      ',,linear',
      '40,400,linear,1',
    ];
    await expectRefused(
      subject,
      bad.map((value) => `${ct.path}/rendered?window=${value}`),
    );
    await expectRefused(subject, [`${presentation.path}/rendered?window=40,400,linear`]);
  }),
  check('icc-profile', async (subject) => {
    const { colour } = subject.content;
    const path = `${colour.path}/rendered`;
    expect(pngChunk(await png(subject, path, '?iccprofile=no'), 'iCCP')).toBe(false);
    for (const value of ['yes', 'srgb', 'adobergb', 'rommrgb']) {
      const picture = await subject.ask(`${path}?iccprofile=${value}`);
      expect([value, picture.status]).toEqual([value, 200]);
      expect(picture.body.includes('ICC_PROFILE'), value).toBe(true);
      expect(pngChunk(await png(subject, path, `?iccprofile=${value}`), 'iCCP'), value).toBe(true);
    }
    for (const [value, name] of [
      ['srgb', 'sRGB'],
      ['adobergb', 'Adobe'],
      ['rommrgb', 'ROMM'],
    ] as const) {
      const { body } = await subject.ask(`${path}?iccprofile=${value}`);
      const profile =
        body.toString('latin1') +
        body.toString('utf16le') +
        body.subarray(1).toString('utf16le').replaceAll('\0', '');
      expect(profile.replaceAll('\0', '').toLowerCase(), value).toContain(name.toLowerCase());
    }
    const gif = await subject.ask(`${path}?iccprofile=yes`, { headers: { Accept: 'image/gif' } });
    expect(gif.status).toBe(400);
    await expectRefused(subject, [`${path}?iccprofile=cmyk`, `${path}?iccprofile=`]);
  }),
  check('rendered-media-types', async ({ ask, content }) => {
    for (const { path } of [content.ct, content.colour]) {
      expect((await ask(`${path}/rendered`)).mediaType).toBe('image/jpeg');
      for (const type of ['image/jpeg', 'image/gif', 'image/png'] as const) {
        const answer = await ask(`${path}/rendered`, { headers: { Accept: type } });
        expect([answer.status, answer.mediaType, pictureSize(answer.body).mediaType]).toEqual([
          200,
          type,
          type,
        ]);
        if (type === 'image/png') expect(answer.body.readUInt8(24)).toBe(8);
        if (type === 'image/jpeg') expect(answer.body.readUInt8(jpegFrame(answer.body).at + 4)).toBe(8);
      }
      // A transfer syntax has no place there.
      const answer = await ask(`${path}/rendered`, { headers: { Accept: 'application/dicom' } });
      expect(answer.status).toBe(406);
    }
  }),
  check('rendered-jpeg-is-baseline', async ({ ask, content }) => {
    for (const { path } of [content.ct, content.colour, content.lossless]) {
      const answer = await ask(`${path}/rendered`, { headers: { Accept: 'image/jpeg' } });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(jpegFrame(answer.body).marker).toBe(0xc0);
    }
  }),
  check('rendered-reports', async ({ ask, content }) => {
    const url = `${content.report.path}/rendered`;
    expect(firstContentType(await ask(url))).toBe('text/html; charset=utf-8');
    for (const type of ['text/html', 'text/plain', 'text/xml']) {
      const answer = await ask(url, {
        headers: { Accept: type, 'Accept-Charset': 'iso-8859-1, utf-8;q=0.1' },
      });
      expect([answer.status, firstContentType(answer)]).toEqual([200, `${type}; charset=utf-8`]);
      // UTF-8 whatever the instance is in, and nothing of it can be markup.
      expect(Buffer.from(answer.body.toString('utf8')).equals(answer.body)).toBe(true);
      expect(answer.text()).toContain(REPORT_TITLE);
      expect(/<script|<img|<a /i.test(answer.text())).toBe(false);
    }
    expect((await ask(url, { headers: { Accept: 'image/jpeg' } })).status).toBe(406);
    expect((await ask(`${url}?charset=koi8-r`)).status).toBe(400);
  }),
  check('rendered-charset', async ({ ask, content }) => {
    for (const [query, headers] of [
      ['?charset=utf-8', {}],
      ['?charset=UTF-8', {}],
      ['', { 'Accept-Charset': 'iso-8859-5;q=0.1, utf-8' }],
    ] as const) {
      const answer = await ask(`${content.ct.path}/rendered${query}`, { headers });
      expect([query, answer.status]).toEqual([query, 200]);
    }
  }),
  check('thumbnails', async ({ ask, content }) => {
    const { ct, multiFrame, cine } = content;
    const paths = [
      ct.studyPath,
      ct.seriesPath,
      ct.path,
      `${ct.path}/frames/1`,
      multiFrame.path,
      `${cine.path}/frames/3`,
    ];
    for (const path of paths) {
      const answer = await ask(`${path}/thumbnail`);
      expect([path, answer.status, answer.mediaType]).toEqual([path, 200, 'image/jpeg']);
      const { width, height } = pictureSize(answer.body);
      expect(Math.max(width, height)).toBeLessThanOrEqual(512);
      // One picture: nothing follows its end, and there is nothing in it but pixels and tables.
      expect(answer.body.readUInt16BE(answer.body.length - 2)).toBe(0xffd9);
      expect(/CompressedSamples|Exif/.test(answer.body.toString('latin1'))).toBe(false);
      const png = await ask(`${path}/thumbnail?viewport=40,30`, { headers: { Accept: 'image/png' } });
      expect([path, png.status]).toEqual([path, 200]);
      const small = pictureSize(png.body);
      expect([small.width <= 40, small.height <= 30]).toEqual([true, true]);
    }
    expect(firstContentType(await ask(`${ct.path}/thumbnail`))).toMatch(/^image\/jpeg/);
  }),
];

/** Pixel data of CT_small are its last element but for what trails it. */
function trailing(bytes: Buffer): number {
  const marker = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57]);
  return bytes.length - (bytes.lastIndexOf(marker) + 12);
}
