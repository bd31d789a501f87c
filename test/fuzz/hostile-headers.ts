/** Header fields that the archive looks at, with values that it may stumble over. */
import type { SeededRandom } from '../support/seeded-random.ts';
import { hostileText, latin1 } from './hostile-values.ts';

const RANGES = [
  'bytes=0-0',
  'bytes=-1',
  'bytes=0-',
  'bytes=5-1',
  'bytes=99999999999-',
  'bytes=0-1,3-4',
  'bytes=',
  'bytes=-0',
  'lines=1-2',
  'bytes=0-99999999999999999999',
  `bytes=${'0-1,'.repeat(500)}`,
];
const ACCEPTS = [
  '*/*',
  'application/dicom',
  'application/dicom; transfer-syntax=*',
  'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90',
  'multipart/related; type="application/octet-stream"',
  'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80',
  'multipart/related; type="image/*"',
  'multipart/related; type="application/dicom+xml"',
  'application/dicom+json',
  'application/dicom+xml',
  'application/octet-stream',
  'application/zip',
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/jp2',
  'video/mp4',
  'video/*',
  'text/html',
  'text/plain',
  'text/xml',
  'application/pdf',
  'application/vnd.sun.wadl+xml',
  'image/*;q=0.1, */*;q=0.01',
  'application/dicom;q=2',
  'a/b;c',
  '/',
  'multipart/related',
  'multipart/related; type=',
  'multipart/related; type="application/dicom"; boundary=**; transfer-syntax="',
  `${'image/png,'.repeat(600)}image/png`,
];
const CONTENT_TYPES = [
  'application/dicom',
  'multipart/related; type="application/dicom"; boundary=b',
  'multipart/related; type=application/dicom; boundary="a b\'()+_,-./:=?"',
  'multipart/related; boundary=',
  `multipart/related; type="application/dicom"; boundary=${'b'.repeat(71)}`,
  'application/dicom+json',
  'application/dicom+xml',
  'multipart/related; type="application/dicom+json"; boundary=b',
  'multipart/related; type="application/dicom+xml"; boundary=b',
  'multipart/form-data; boundary=b',
  'application/json; charset=utf-16',
  'text/plain',
  '',
];
const CODINGS = ['gzip', 'deflate', 'br', 'identity', 'gzip, gzip', 'x-gzip', '*', 'gzip;q=0', 'zstd', ''];

/** Header fields that the archive, or what it stands on, looks at, with what may be in them. */
const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['Accept', ACCEPTS],
  ['Range', RANGES],
  ['If-None-Match', ['*', '"x"', 'W/"x"', '"', `"${'x'.repeat(2_000)}"`, '"a", "b"']],
  ['If-Match', ['*', '"x"']],
  ['If-Range', ['"x"', 'Mon, 01 Jan 2024 00:00:00 GMT']],
  ['If-Modified-Since', ['Mon, 01 Jan 2024 00:00:00 GMT', 'x']],
  ['Accept-Encoding', CODINGS],
  ['Accept-Charset', ['utf-8', 'x-klingon', '*', 'utf-8;q=x', ',,']],
  ['Content-Type', CONTENT_TYPES],
  ['Content-Encoding', CODINGS],
  ['Host', ['', 'a', 'a:1', 'a:b', '[::1]', '[', 'a b', 'evil.example', 'a'.repeat(300), '127.0.0.1:99999']],
  ['Expect', ['', '100-continue', 'x']],
  ['X-Forwarded-For', ['1.2.3.4', ',', 'x'.repeat(3_000)]],
  ['X-Forwarded-Proto', ['https', 'gopher', '']],
  ['X-Forwarded-Host', ['evil.example', '', 'a b']],
  ['Forwarded', ['for=1.2.3.4;proto=https;host=a', ';;;=']],
  ['X-Request-Id', ['', 'x', '00000000-0000-0000-0000-000000000000']],
  ['Authorization', ['Bearer x', 'Basic eDp5', 'Bearer', 'x', `Bearer ${'y'.repeat(4_000)}`]],
  ['Origin', ['null', 'http://127.0.0.1', 'http://evil.example', '']],
  ['Sec-Fetch-Site', ['same-origin', 'cross-site', 'x']],
  ['Cookie', ['a=b', 'x'.repeat(2_000)]],
  ['Transfer-Encoding', ['chunked', 'identity', 'gzip, chunked']],
  ['Content-Length', ['0', '1', '-1', 'x', '99999999999999999999', '5, 5']],
  ['Upgrade', ['websocket', 'h2c']],
  ['Content-Location', ['bulk/1', '', 'http://a/b']],
];

/** A header field that matters, with a value that may be its, or any. */
export function anyHeader(random: SeededRandom): readonly [string, string] {
  const [name, values] = random.pick(HEADERS);
  return [name, random.next() < 0.8 ? random.pick(values) : latin1(hostileText(random))];
}
