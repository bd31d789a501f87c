import { describe, expect, it } from 'vitest';
import { boundaryFrom, MultipartWriter, multipartLength } from './multipart-writer.ts';

describe('MultipartWriter', () => {
  it('writes what surrounds the payloads', () => {
    const writer = new MultipartWriter({ type: 'application/dicom', boundary: 'x y', transferSyntax: '1.2' });
    const text = [
      writer.partHeader({
        contentType: 'application/dicom; transfer-syntax=1.2',
        contentLocation: 'http://a/b',
        contentLength: 3,
      }),
      'one',
      writer.partHeader({ contentType: 'application/dicom' }),
      'two',
      writer.closing,
    ].join('');
    expect(writer.contentType).toBe(
      'multipart/related; type="application/dicom"; transfer-syntax=1.2; boundary="x y"',
    );
    expect(text).toBe(
      '--x y\r\nContent-Type: application/dicom; transfer-syntax=1.2\r\nContent-Location: http://a/b\r\nContent-Length: 3\r\n\r\none\r\n--x y\r\nContent-Type: application/dicom\r\n\r\ntwo\r\n--x y--\r\n',
    );
  });

  it('does not let a header value end its line', () => {
    const writer = new MultipartWriter({ type: 'a/b', boundary: 'x' });
    const header = writer
      .partHeader({ contentType: 'a/b', contentLocation: 'http://a\r\nSet-Cookie: b' })
      .toString();
    expect(header).toBe('--x\r\nContent-Type: a/b\r\nContent-Location: http://a Set-Cookie: b\r\n\r\n');
  });
});

describe('multipartLength', () => {
  it('is the length of what is written', () => {
    const format = { type: 'a/b', boundary: 'x' };
    const fields = { contentType: 'a/b' };
    const writer = new MultipartWriter(format);
    const written = Buffer.concat([
      writer.partHeader(fields),
      Buffer.alloc(10),
      writer.partHeader(fields),
      writer.closing,
    ]);
    const parts = [
      { fields, payloadBytes: 10 },
      { fields, payloadBytes: 0 },
    ];
    expect(multipartLength(format, parts)).toBe(written.length);
  });
});

describe('boundaryFrom', () => {
  it('needs no quotes', () => {
    expect(boundaryFrom(Uint8Array.of(0, 255))).toBe('sandyq-00ff');
  });
});
