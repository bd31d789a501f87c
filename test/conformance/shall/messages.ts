/** PS3.18 §8.1 to §8.6: messages, parameters that any resource has, header fields, status codes. */
import { connect } from 'node:net';
import { expect } from 'vitest';
import type { Answered } from './ask.ts';
import { type Check, check } from './check.ts';
import type { Subject } from './subject.ts';

/** Bytes as they are, on a connection of their own; resolves with all that came back when the other side ends. */
function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** A few answers with a payload, one of each kind. */
async function answersWithPayload({ ask, content }: Subject): Promise<Answered[]> {
  const { ct, cine } = content;
  const paths = [
    '/dicom-web/studies',
    `${ct.path}/metadata`,
    ct.path,
    ct.studyPath,
    `${ct.path}/frames/1`,
    `${cine.path}/frames/1,2`,
    `${ct.path}/rendered`,
    `${ct.path}/thumbnail`,
    '/dicom-web/studies?limit=no',
  ];
  return Promise.all(paths.map((path) => ask(path)));
}

/** RFC 9457, with a message for people. */
function expectProblem(answer: Answered, status: number): void {
  expect(answer.status, answer.text().slice(0, 300)).toBe(status);
  expect(answer.mediaType).toBe('application/problem+json');
  expect((answer.json() as { message?: string }).message).toMatch(/\w+ \w+/);
}

export const messageChecks: readonly Check[] = [
  check('always-answers', async ({ url }) => {
    const requests = [
      'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
      'NONSENSE\r\n\r\n',
      'GET /dicom-web/studies?%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'POST /dicom-web/studies HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\nConnection: close\r\n\r\n',
    ];
    for (const request of requests) {
      expect(await sendRaw(url, request), request).toMatch(/^HTTP\/1\.1 [1-5]\d\d [ -~]*\r\n/);
    }
  }),
  check('unknown-parameters-ignored', async ({ ask, content }) => {
    const { ct } = content;
    for (const path of ['/dicom-web/studies', `${ct.path}/metadata`, ct.path, `${ct.path}/frames/1`]) {
      const [plain, strange] = [await ask(path), await ask(`${path}?x-unheard-of=1&_=17&window-shopping`)];
      expect(strange.status, path).toBe(200);
      expect(strange.mediaType).toBe(plain.mediaType);
      if (plain.mediaType !== 'multipart/related') expect(strange.body.equals(plain.body), path).toBe(true);
    }
  }),
  check('invalid-values-refused', async ({ ask, content }) => {
    const paths = [
      '/dicom-web/studies?limit=-1',
      '/dicom-web/studies?limit=ten',
      '/dicom-web/studies?offset=1.5',
      '/dicom-web/studies?fuzzymatching=perhaps',
      '/dicom-web/studies?StudyDate=yesterday',
      '/dicom-web/series?includefield=NoSuchKeyword..x',
      `${content.ct.path}/rendered?quality=high`,
      `${content.ct.path}/rendered?window=a,b,linear`,
    ];
    for (const path of paths) expectProblem(await ask(path), 400);
  }),
  check('own-parameters-documented', async ({ ask }) => {
    // A parameter of our own that is accepted without a warning must be in the capabilities.
    const warned = await ask('/dicom-web/studies?x-unheard-of=1');
    expect(String(warned.headers['warning'])).toContain('x-unheard-of');
  }),
  check('accept-parameter', async ({ ask, content }) => {
    const { ct } = content;
    const xml = await ask(
      `${ct.path}/metadata?accept=${encodeURIComponent('multipart/related; type="application/dicom+xml"')}`,
    );
    expect(xml.status).toBe(200);
    expect(xml.mediaType).toBe('multipart/related');
    expect(xml.parts()[0]?.headers.get('content-type')).toMatch(/^application\/dicom\+xml/);
    const png = await ask(`${ct.path}/rendered?accept=image/png`);
    expect([png.status, png.mediaType]).toEqual([200, 'image/png']);
    // Before the header, which prefers another.
    const first = await ask(`${ct.path}/rendered?accept=image/png`, {
      headers: { Accept: 'image/jpeg, image/png;q=0.1' },
    });
    expect([first.status, first.mediaType]).toEqual([200, 'image/png']);
  }),
  check('accept-parameter-falls-back', async ({ ask, content }) => {
    const { ct } = content;
    const unheard = '?accept=text/x-unheard-of';
    expect((await ask(`${ct.path}/rendered${unheard}`)).mediaType).toBe('image/jpeg');
    expect((await ask(`${ct.path}/metadata${unheard}`)).mediaType).toBe('application/dicom+json');
    const instance = await ask(`${ct.path}${unheard}`);
    expect([
      instance.status,
      /transfer-syntax="?1\.2\.840\.10008\.1\.2\.1"?/.test(firstContentType(instance)),
    ]).toEqual([200, true]);
    const frame = await ask(`${ct.path}/frames/1${unheard}`);
    expect([frame.status, firstContentType(frame).startsWith('application/octet-stream')]).toEqual([
      200,
      true,
    ]);
  }),
  check('unacceptable-406', async ({ ask, content }) => {
    const { ct } = content;
    const paths = [
      ct.path,
      `${ct.path}/metadata`,
      `${ct.path}/frames/1`,
      `${ct.path}/rendered`,
      '/dicom-web/studies',
    ];
    for (const path of paths) {
      for (const headers of [{ Accept: 'text/x-unheard-of' }, { Accept: 'text/x-unheard-of;q=1, */*;q=0' }]) {
        expectProblem(await ask(path, { headers }), 406);
      }
    }
  }),
  check('charset-parameter', async ({ ask, content }) => {
    const { ct } = content;
    expect((await ask(`${ct.path}/metadata?charset=utf-8`)).status).toBe(200);
    expect((await ask(`${ct.path}/rendered?charset=utf-8`)).status).toBe(200);
    expectProblem(await ask(`${ct.path}/rendered?charset=x-klingon`), 400);
    expectProblem(await ask(`${ct.path}/metadata?charset=x-klingon`), 400);
  }),
  check('accept-charset', async ({ ask, content }) => {
    const { ct } = content;
    for (const charset of ['utf-8', 'x-klingon, utf-8;q=0.5', '*', 'utf-8;q=x, utf-8']) {
      const headers = { 'Accept-Charset': charset };
      expect((await ask(`${ct.path}/metadata`, { headers })).status, charset).toBe(200);
      expect((await ask(`${ct.path}/rendered`, { headers })).status, charset).toBe(200);
      expect((await ask('/dicom-web/studies', { headers })).status, charset).toBe(200);
    }
  }),
  check('payload-headers', async (subject) => {
    for (const { headers, body, status } of await answersWithPayload(subject)) {
      expect(status).toBeGreaterThanOrEqual(200);
      expect(body.length).toBeGreaterThan(0);
      expect(headers['content-type']).toMatch(/^[\w.+-]+\/[\w.+-]+(;.*)?$/);
      const length = headers['content-length'];
      if (length === undefined) expect(headers['transfer-encoding']).toBe('chunked');
      else expect([Number(length), headers['transfer-encoding']]).toEqual([body.length, undefined]);
    }
  }),
  check('no-payload-headers', async ({ ask, content }) => {
    const none = await ask('/dicom-web/studies?PatientID=nobody-has-this');
    const { etag } = (await ask(`${content.ct.path}/metadata`)).headers;
    const unchanged = await ask(`${content.ct.path}/metadata`, {
      headers: { 'If-None-Match': String(etag) },
    });
    expect([none.status, unchanged.status]).toEqual([204, 304]);
    for (const { headers, body } of [none, unchanged]) {
      expect(body.length).toBe(0);
      expect(headers).not.toHaveProperty('content-length');
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers).not.toHaveProperty('content-type');
    }
  }),
  check('content-encoding', async ({ ask, content }) => {
    const { gunzipSync } = await import('node:zlib');
    const path = `${content.ct.path}/metadata`;
    const plain = await ask(path, { headers: { 'Accept-Encoding': 'identity' } });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    const packed = await ask(path, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(packed.body).toString('utf8'))).toEqual(plain.json());
  }),
  check('content-location', async ({ ask, url, content }) => {
    const { ct } = content;
    for (const path of [ct.path, `${ct.path}/metadata`, `${ct.path}/frames/1`, `${ct.path}/rendered`]) {
      const headers = path === ct.path ? { Accept: 'application/dicom' } : {};
      const answer = await ask(path, { headers });
      expect(answer.status).toBe(200);
      const location = answer.headers['content-location'] ?? partLocation(answer);
      expect(location, path).toBeDefined();
      expect(new URL(String(location), `${url}${path}`).pathname).toBe(path);
    }
  }),
  check('unauthorized', async ({ askAnonymously, content }) => {
    for (const path of [content.ct.path, '/dicom-web/studies', `${content.ct.path}/rendered`]) {
      const answer = await askAnonymously(path);
      expectProblem(answer, 401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer\b/);
    }
  }),
  check('method-not-allowed', async ({ ask, content }) => {
    const paths = [
      content.ct.studyPath,
      content.ct.path,
      `${content.ct.path}/metadata`,
      '/dicom-web/studies',
    ];
    for (const path of paths) {
      const answer = await ask(path, { method: 'DELETE' });
      expectProblem(answer, 405);
      const allowed = String(answer.headers['allow']).split(/, */);
      expect(allowed).toEqual(expect.arrayContaining(['GET', 'HEAD', 'OPTIONS']));
      expect(allowed).not.toContain('DELETE');
    }
  }),
  check('single-part', async ({ ask, content }) => {
    const { ct } = content;
    const one = await ask(ct.path, { headers: { Accept: 'application/dicom' } });
    expect([one.status, one.mediaType]).toEqual([200, 'application/dicom']);
    expect(one.body.toString('latin1', 128, 132)).toBe('DICM');
    for (const path of [ct.studyPath, ct.seriesPath]) {
      expectProblem(await ask(path, { headers: { Accept: 'application/dicom' } }), 406);
    }
  }),
  check('multipart-parts', async ({ ask, content }) => {
    const answer = await ask(content.cine.studyPath);
    expect(answer.headers['content-type']).toMatch(
      /^multipart\/related;.*type="application\/dicom".*boundary=/i,
    );
    const frames = await ask(`${content.cine.path}/frames/1,3`, {
      headers: { Accept: 'multipart/related; type="image/jpeg"' },
    });
    expect(frames.status).toBe(200);
    expect(frames.parts()).toHaveLength(2);
    for (const { headers } of [...answer.parts(), ...frames.parts()]) {
      expect([...headers.keys()][0]).toBe('content-type');
    }
  }),
  check('part-locations', async ({ ask, url, content }) => {
    const { cine } = content;
    const instance = (await ask(cine.studyPath)).parts()[0]?.headers.get('content-location');
    expect(new URL(String(instance), url).pathname).toBe(cine.path);
    const frames = (await ask(`${cine.path}/frames/2,3`)).parts();
    const places = frames.map(
      ({ headers }) => new URL(String(headers.get('content-location')), url).pathname,
    );
    expect(places).toEqual([`${cine.path}/frames/2`, `${cine.path}/frames/3`]);
  }),
];

/** Content-Type of the payload, or of its first part. */
export function firstContentType(answer: Answered): string {
  if (answer.mediaType !== 'multipart/related') return answer.headers['content-type'] ?? '';
  return answer.parts()[0]?.headers.get('content-type') ?? '';
}

function partLocation(answer: Answered): string | undefined {
  if (answer.mediaType !== 'multipart/related') return undefined;
  return answer.parts()[0]?.headers.get('content-location');
}
