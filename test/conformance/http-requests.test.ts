/** Requests from pages of other origins, odd requests, and requests through reverse proxies (Fetch, RFC 9110, RFC 9112, PS3.18 §8). */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import { makePdf } from '../support/made-instances.ts';
import { exchangeOnWire, headOf } from '../support/raw-http.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDY = '2.8.2';
const SERIES = `${STUDY}.1`;
const pdf = makePdf(
  { studyInstanceUid: STUDY, seriesInstanceUid: SERIES, sopInstanceUid: `${SERIES}.2` },
  randomBytes(20_000),
).bytes;
const VIEWER = 'https://viewer.example.kz';

let archive: TestArchive;
let study: string;

beforeAll(async () => {
  archive = await startArchive({ environment: { SANDYQ_CORS_ORIGINS: VIEWER } });
  study = `${archive.url}/dicom-web/studies/${STUDY}`;
  await storeAll(archive.url, [pdf]);
});
afterAll(() => archive?.stop());

const wire = (text: string) => exchangeOnWire(archive.url, text);
const head = headOf;

describe('CORS (Fetch)', () => {
  const preflight = (origin: string, url = study) =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization,range',
      },
    });

  it('a listed origin may ask, with credentials, and reads the headers it needs', async () => {
    for (const url of [study, `${archive.url}/dicom-web`]) {
      const asked = await preflight(VIEWER, url);
      expect(asked.status).toBe(204);
      expect(Object.fromEntries(asked.headers)).toMatchObject({
        'access-control-allow-origin': VIEWER,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': expect.stringContaining('GET'),
        'access-control-allow-headers': expect.stringMatching(/Authorization.*If-None-Match.*Range/),
        'access-control-max-age': '600',
        vary: expect.stringContaining('Origin'),
      });
    }
    const { headers } = await get(`${study}/metadata`, { Origin: VIEWER });
    expect(headers.get('access-control-allow-origin')).toBe(VIEWER);
    for (const name of [
      'ETag',
      'Warning',
      'Content-Location',
      'Retry-After',
      'Accept-Ranges',
      'Content-Range',
      'Location',
    ]) {
      expect(headers.get('access-control-expose-headers')).toContain(name);
    }
    const missing = await get(`${archive.url}/dicom-web/studies/1.2/metadata`, { Origin: VIEWER });
    expect([missing.status, missing.headers.get('access-control-allow-origin')]).toEqual([404, VIEWER]);
  });

  it('any other origin may not, and may change nothing', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      `${VIEWER}.evil.example`,
      VIEWER.replace('https', 'http'),
    ]) {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      expect(
        (await get(`${study}/metadata`, { Origin: origin })).headers.get('access-control-allow-origin'),
      ).toBeNull();
      const stored = await fetch(`${archive.url}/dicom-web/studies`, {
        method: 'POST',
        headers: { Origin: origin, 'Content-Type': 'application/dicom' },
        body: 'x',
      });
      expect(stored.status).toBe(403);
      await stored.body?.cancel();
    }
  });
});

describe('odd requests', () => {
  const target = `/dicom-web/studies/${STUDY}/series/${SERIES}/metadata`;
  const line = (path: string, version = '1.1') => `GET ${path} HTTP/${version}`;

  it.each([
    ['an empty Expect', head(line(target), 'Host: localhost', 'Expect:', 'Connection: close'), '200'],
    [
      'an unknown Expect',
      head(line(target), 'Host: localhost', 'Expect: miracles', 'Connection: close'),
      '417',
    ],
    [
      'slashes in a row',
      head(line(`//dicom-web///studies/${STUDY}//metadata`), 'Host: localhost', 'Connection: close'),
      '200',
    ],
    ['a slash at the end', head(line(`${target}/`), 'Host: localhost', 'Connection: close'), '200'],
    [
      'encoded letters',
      head(line(target.replace('studies', 'stud%69es')), 'Host: localhost', 'Connection: close'),
      '200',
    ],
    [
      'an encoded UID',
      head(line(target.replace('2.8.2/', '2%2E8%2E2/')), 'Host: localhost', 'Connection: close'),
      '200',
    ],
    [
      'an encoded slash',
      head(line('/dicom-web/studies/2.8%2F2/metadata'), 'Host: localhost', 'Connection: close'),
      '400',
    ],
    [
      'broken encoding',
      head(line('/dicom-web/studies/%E0%A4%A/metadata'), 'Host: localhost', 'Connection: close'),
      '400',
    ],
    [
      'another case',
      head(line(target.replace('studies', 'Studies')), 'Host: localhost', 'Connection: close'),
      '404',
    ],
    [
      'an absolute target',
      head(line(`http://localhost${target}`), 'Host: elsewhere', 'Connection: close'),
      '200',
    ],
    [
      'an absolute target elsewhere',
      head(line(`http://evil.example${target}`), 'Host: localhost', 'Connection: close'),
      '421',
    ],
    ['another host (DNS rebinding)', head(line(target), 'Host: evil.example', 'Connection: close'), '421'],
    ['a host of nothing', head(line(target), 'Host:', 'Connection: close'), '421'],
    ['HTTP/1.0 without Host', head(line(target, '1.0')), '200'],
    [
      'a URL that is too long',
      head(
        line(`/dicom-web/studies?PatientID=${'1'.repeat(70_000)}`),
        'Host: localhost',
        'Connection: close',
      ),
      '414',
    ],
    [
      'a head that is too long',
      head(line(target), 'Host: localhost', `X-Long: ${'1'.repeat(140_000)}`),
      '431',
    ],
    [
      'a body that nobody wants',
      `${head(line(target), 'Host: localhost', 'Content-Length: 5', 'Connection: close')}hello`,
      '200',
    ],
  ])('%s', async (_what, request, status) => {
    expect((await wire(request)).split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('absolute URLs survive a Host without a port and one of IPv6', async () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]:8080', 'LOCALHOST:80']) {
      const answer = await wire(
        head(line(target), `Host: ${host}`, 'Accept-Encoding: identity', 'Connection: close'),
      );
      expect(answer).toContain(`"BulkDataURI":"http://${host}/dicom-web/studies/${STUDY}/`);
    }
  });

  it('requests in a row on one connection are answered in their order', async () => {
    const first = head('HEAD /healthz HTTP/1.1', 'Host: localhost');
    const last = head('GET /dicom-web/nothing HTTP/1.1', 'Host: localhost', 'Connection: close');
    const answers = await wire(first + head(`HEAD ${target} HTTP/1.1`, 'Host: localhost') + first + last);
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '200',
      '200',
      '404',
    ]);
  });
});

describe('behind a reverse proxy', () => {
  it('links follow X-Forwarded-Proto and -Host of trusted proxies only', async () => {
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'archive.example.kz' };
    const linkOf = async (url: string) => {
      const { body } = await get(`${url}/dicom-web/studies/${STUDY}/metadata`, forwarded);
      return /"BulkDataURI":"([^"]*)\/dicom-web/.exec(body.toString())?.[1];
    };
    expect(await linkOf(archive.url)).toBe(archive.url);
    const behind = await startArchive({ environment: { SANDYQ_TRUSTED_PROXIES: '1' } });
    try {
      await storeAll(behind.url, [pdf]);
      expect(await linkOf(behind.url)).toBe('https://archive.example.kz');
    } finally {
      await behind.stop();
    }
  });
});
