/** Rendered resources, thumbnails and presentation states (PS3.18 §10.4.1.1.3, §10.4.1.1.4) on pixels that are known. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getParts, storeAll } from '../support/dicomweb.ts';
import { pixelAt, type SeenPicture, seePicture } from '../support/pictures.ts';
import {
  cineShades,
  instances,
  pdf,
  renderedInstances,
  size,
  storedValue,
} from '../support/rendered-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ environment: { SANDYQ_MAX_ANIMATION_PIXELS: '20000' } });
  await storeAll(archive.url, renderedInstances());
});
afterAll(() => archive?.stop());

type Name = keyof typeof instances;
const studyUrl = () => `${archive.url}/dicom-web/studies/${instances.image.studyInstanceUid}`;
const seriesUrl = (name: Name) => `${studyUrl()}/series/${instances[name].seriesInstanceUid}`;
const urlOf = (name: Name) => `${seriesUrl(name)}/instances/${instances[name].sopInstanceUid}`;

async function rendered(url: string, accept = 'image/png'): Promise<SeenPicture> {
  const { status, body } = await get(url, { Accept: accept });
  if (status !== 200) throw new Error(`${status} ${body.toString()}`);
  return seePicture(body);
}

async function refusal(url: string, accept = 'image/png') {
  const { status, body } = await get(url, { Accept: accept });
  const { message }: { message: string } = JSON.parse(body.toString());
  return `${status} ${message}`;
}

describe('a rendered instance', () => {
  it('is a JPEG by default, and the same pixels as PNG, GIF and WebP', async () => {
    const { status, headers, body } = await get(`${urlOf('image')}/rendered`);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'image/jpeg',
      'private, no-cache',
    ]);
    expect(await seePicture(body)).toMatchObject({
      format: 'jpeg',
      channels: 1,
      width: size.columns,
      height: size.rows,
    });
    for (const format of ['png', 'gif', 'webp']) {
      const picture = await rendered(`${urlOf('image')}/rendered`, `image/${format}`);
      expect(picture).toMatchObject({ format, pages: 1, width: size.columns });
      // WebP is lossy, and GIF has a palette.
      expect(Math.abs((pixelAt(picture, 50, 30)[0] ?? 0) - storedValue(50, 30)), format).toBeLessThanOrEqual(
        format === 'png' ? 0 : 8,
      );
    }
    const [part] = await getParts(`${urlOf('image')}/rendered`, 'multipart/related; type="image/png"');
    expect(part?.headers.get('content-location')).toBe(`${urlOf('image')}/frames/1/rendered`);
    expect((await seePicture(part?.body ?? Buffer.alloc(0))).format).toBe('png');
  });

  it('has a tag that says everything that shapes it', async () => {
    const url = `${urlOf('image')}/rendered`;
    const tagOf = async (query: string, accept = 'image/png') =>
      (await get(url + query, { Accept: accept })).headers.get('etag') ?? '';
    const tags = await Promise.all([
      tagOf(''),
      tagOf('', 'image/jpeg'),
      tagOf('?quality=5', 'image/jpeg'),
      tagOf('?viewport=9,9'),
      tagOf('?window=1,2,linear'),
      tagOf('?annotation=patient'),
      tagOf('?iccprofile=srgb'),
    ]);
    expect(new Set(tags).size).toBe(tags.length);
    const again = await get(url, { Accept: 'image/png', 'If-None-Match': tags[0] ?? '' });
    expect([again.status, again.body.length, again.headers.get('etag')]).toEqual([304, 0, tags[0]]);
    expect((await get(url, { Accept: 'image/jpeg', 'If-None-Match': tags[0] ?? '' })).status).toBe(200);
  });

  it('is cut, mirrored and scaled as the viewport says', async () => {
    const whole = await rendered(`${urlOf('image')}/rendered`);
    expect([0, 59].map((x) => pixelAt(whole, x, 39)[0])).toEqual([storedValue(0, 39), storedValue(59, 39)]);
    const cut = await rendered(`${urlOf('image')}/rendered?viewport=20,10,10,5,-20,-10`);
    expect([cut.width, cut.height]).toEqual([20, 10]);
    expect(pixelAt(cut, 0, 0)[0]).toBe(storedValue(29, 14));
    expect(pixelAt(cut, 19, 9)[0]).toBe(storedValue(10, 5));
    expect(await rendered(`${urlOf('image')}/rendered?viewport=600,600`)).toMatchObject({
      width: 600,
      height: 400,
    });
    expect(await refusal(`${urlOf('image')}/rendered?viewport=9,9,60`)).toMatch(/^400 viewport lies outside/);
    expect(await refusal(`${urlOf('image')}/rendered?viewport=16000,16000`)).toMatch(
      /^400 viewport is too large/,
    );
  });

  it('carries annotations that are asked for, and says which it does not know', async () => {
    const plain = await rendered(`${urlOf('image')}/rendered?viewport=600,400&window=200,400,linear`);
    const url = `${urlOf('image')}/rendered?viewport=600,400&window=200,400,linear&annotation=patient,ward`;
    const { headers, body } = await get(url, { Accept: 'image/png' });
    expect(headers.get('warning')).toMatch(/^299 .*annotation values are not supported: ward$/);
    const annotated = await seePicture(body);
    const bright = (picture: SeenPicture) => {
      const pixels = Array.from(
        { length: 600 * 60 },
        (_, index) => pixelAt(picture, index % 600, Math.floor(index / 600))[0] ?? 0,
      );
      return pixels.filter((value) => value > 225).length;
    };
    expect(bright(plain)).toBe(0);
    expect(bright(annotated)).toBeGreaterThan(30);
  });

  it('is refused by name and reason', async () => {
    expect(await refusal(`${urlOf('image')}/rendered?quality=0`)).toMatch(/^400 quality/);
    expect(await refusal(`${urlOf('image')}/rendered?iccprofile=yes`, 'image/gif')).toMatch(
      /^400 iccprofile/,
    );
    expect(await refusal(`${urlOf('image')}/rendered`, 'video/mp4')).toMatch(
      /^406 This is rendered as image\/jpeg/,
    );
    expect(await refusal(`${urlOf('report')}/rendered`, 'image/jpeg')).toBe(
      '406 This is rendered as text/html, text/plain, text/xml',
    );
    expect(await refusal(`${urlOf('image')}/frames/2/rendered`)).toBe(
      '404 The instance has no frame 2: it has 1.',
    );
    expect((await get(`${urlOf('image')}9/rendered`)).status).toBe(404);
  });

  it('of a document is the document', async () => {
    const { headers, body } = await get(`${urlOf('document')}/rendered`);
    expect([headers.get('content-type'), body.equals(pdf)]).toEqual(['application/pdf', true]);
    expect(await refusal(`${urlOf('document')}/rendered`, 'text/html')).toBe(
      '406 This is rendered as application/pdf',
    );
  });
});

describe('several pictures', () => {
  const shades = async (parts: readonly { readonly body: Buffer }[]) =>
    Promise.all(parts.map(async ({ body }) => pixelAt(await seePicture(body), 5, 5)[0]));

  it('of a loop move, with the time of its frames', async () => {
    const { headers, body } = await get(`${urlOf('cine')}/rendered`);
    expect(headers.get('content-type')).toBe('image/gif');
    expect(await seePicture(body)).toMatchObject({
      pages: cineShades.length,
      width: size.columns,
      height: size.rows,
    });
    expect(
      await rendered(`${urlOf('cine')}/rendered`, 'image/avif,image/webp,image/*,*/*;q=0.8'),
    ).toMatchObject({ format: 'webp', pages: 3 });
  });

  it('of a loop are a part each where that is asked for, and where an animation would be too large', async () => {
    const parts = await getParts(`${urlOf('cine')}/rendered`, 'multipart/related; type="image/png"');
    expect(await shades(parts)).toEqual([...cineShades]);
    const large = `${urlOf('cine')}/rendered?viewport=120,80`;
    expect((await get(large)).headers.get('content-type')).toMatch(/^multipart\/related; type="image\/jpeg"/);
    expect(await refusal(large, 'image/gif')).toMatch(
      /^406 3 frames of 120 x 80 pixels are too much .* ask with a smaller viewport/,
    );
    expect(await refusal(`${urlOf('cine')}/rendered`, 'image/jpeg')).toMatch(
      /^406 .*multipart\/related; type="image\/jpeg"/,
    );
  });

  it('of a list of frames come in its order', async () => {
    const parts = await getParts(
      `${urlOf('cine')}/frames/3,1,3/rendered`,
      'multipart/related; type="image/png"',
    );
    expect(await shades(parts)).toEqual([200, 10, 200]);
    expect(parts.map(({ headers }) => headers.get('content-location')?.split('/').at(-2))).toEqual([
      '3',
      '1',
      '3',
    ]);
  });

  it('of series and studies are those of all instances with pixels', async () => {
    const series = await getParts(`${seriesUrl('cine')}/rendered`, 'multipart/related; type="image/png"');
    expect(await shades(series)).toEqual([...cineShades]);
    const { status, headers, body } = await get(`${studyUrl()}/rendered`);
    expect([status, headers.get('etag')]).toEqual([206, null]);
    expect(headers.get('warning')).toMatch(/5 of 7 instances are left out/);
    expect(body.toString('latin1').match(/Content-Type: image\/jpeg/g)).toHaveLength(4);
    expect(await refusal(`${seriesUrl('report')}/rendered`)).toBe(
      '406 Nothing in it has pixels that could be shown.',
    );
  });
});

describe('a thumbnail', () => {
  it('shows the middle of what it is of, small and never larger than that', async () => {
    for (const url of [studyUrl(), seriesUrl('cine'), urlOf('cine'), `${urlOf('cine')}/frames/1,2,3`]) {
      const picture = await rendered(`${url}/thumbnail`);
      expect(picture, url).toMatchObject({ width: size.columns, height: size.rows, pages: 1 });
      if (url !== studyUrl()) expect(pixelAt(picture, 5, 5)[0]).toBe(100);
    }
    expect(await rendered(`${urlOf('cine')}/frames/3/thumbnail?viewport=6,6`)).toMatchObject({
      width: 6,
      height: 4,
    });
    expect((await get(`${urlOf('cine')}/thumbnail`)).headers.get('content-type')).toBe('image/jpeg');
  });

  it('is not there where there are no pixels', async () => {
    for (const url of [seriesUrl('report'), urlOf('report')]) {
      expect(await refusal(`${url}/thumbnail`)).toBe('404 Nothing in it has pixels: there is no thumbnail.');
    }
    expect(await refusal(`${urlOf('cine')}/thumbnail?viewport=1,2,3,4`)).toMatch(/^400 viewport/);
    expect(await refusal(`${urlOf('cine')}/thumbnail`, 'text/html')).toMatch(/^406/);
  });
});

describe('a presentation state', () => {
  /** The place on the picture of a pixel of the image: cut out from (28, 15), turned clockwise, mirrored. */
  const seen = (picture: SeenPicture, x: number, y: number) => pixelAt(picture, y - 15, x - 28)[0];

  it('shows its images through window, shutter, turn and displayed area', async () => {
    const picture = await rendered(`${urlOf('state')}/rendered`);
    expect([picture.width, picture.height]).toEqual([10, 20]);
    const shade = (x: number, y: number) =>
      255 - Math.round(Math.min(1, Math.max(0, (storedValue(x, y) - 100) / 100 + 0.5)) * 255);
    for (const [x, y] of [
      [31, 16],
      [35, 18],
      [47, 15],
      [31, 24],
      [47, 24],
    ] as const)
      expect(seen(picture, x, y), `${x},${y}`).toBe(shade(x, y));
    // The shutter begins at column 31, which is 30 from 0.
    expect([28, 29].map((x) => seen(picture, x, 17))).toEqual([0x40, 0x40]);
    // The line between columns 44 and 45.
    expect(seen(picture, 43, 18)).toBeGreaterThan(shade(43, 18) + 60);
  });

  it('takes a size, and no window of the request', async () => {
    expect(await rendered(`${urlOf('state')}/rendered?viewport=50,50`)).toMatchObject({
      width: 25,
      height: 50,
    });
    expect(await refusal(`${urlOf('state')}/rendered?window=1,2,linear`)).toMatch(
      /^400 window does not go with a presentation state/,
    );
  });

  it('that can not be shown says why', async () => {
    expect(await refusal(`${urlOf('colourState')}/rendered`)).toMatch(
      /^406 Presentation states of SOP class 1.2.840.10008.5.1.4.1.1.11.2/,
    );
    expect(await refusal(`${urlOf('lostState')}/rendered`)).toMatch(/^406 None of the images/);
  });
});
