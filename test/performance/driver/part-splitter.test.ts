import { describe, expect, it } from 'vitest';
import { PartSplitter, partsOf } from './part-splitter.ts';

const TYPE = 'multipart/related; type="application/dicom"; boundary=abc';

describe('a multipart body', () => {
  const bodies = ['one\r\n--ab', 'two\r', '', '\r\n--abX'];
  it.each([
    ['with a line end before the first delimiter', '\r\n'],
    ['without', ''],
  ])('is taken apart in whatever pieces it comes, %s', (_, start) => {
    // The third part says its length; the last looks like a delimiter until its last byte.
    const parts = bodies
      .slice(0, 3)
      .map(
        (body, index) =>
          `--abc\r\n${index === 1 ? `Content-Length: ${body.length}\r\n` : ''}A: b\r\n\r\n${body}\r\n`,
      );
    const text = `${start}${parts.join('')}--abc--\r\n`;
    for (let size = 1; size <= text.length; size += 1) {
      expect(split(text, size), `pieces of ${size}`).toEqual(bodies.slice(0, 3));
    }
  });

  it('is refused without its end', () => {
    expect(() => partsOf(TYPE, Buffer.from('--abc\r\n\r\none\r\n'))).toThrow('no end');
  });

  it('is refused under another media type', () => {
    expect(() => partsOf('application/json', Buffer.alloc(0))).toThrow('multipart/related expected');
  });

  it('is split at the delimiter where a part is longer than it says', () => {
    const text = '--abc\r\nContent-Length: 2\r\n\r\nabcd\r\n--abc--';
    expect(split(text, text.length)).toEqual(['abcd']);
  });
});

function split(text: string, size: number): string[] {
  const parts: string[] = [];
  const splitter = new PartSplitter('abc', () => {
    let body = '';
    return { take: (piece) => void (body += piece.toString()), end: () => parts.push(body) };
  });
  for (let at = 0; at < text.length; at += size) splitter.feed(Buffer.from(text.slice(at, at + size)));
  splitter.end();
  return parts;
}
