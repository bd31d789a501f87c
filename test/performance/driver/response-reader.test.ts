import { describe, expect, it } from 'vitest';
import { ResponseReader } from './response-reader.ts';

describe('an HTTP response, in whatever pieces it comes', () => {
  it.each([
    ['Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello', 'hello'],
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n',
      'hello',
    ],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ])('%s', (_, text, body) => {
    for (let size = 1; size <= text.length; size += 1) {
      const got: string[] = [];
      const reader = new ResponseReader((piece) => got.push(piece.toString()));
      const heads = piecesOf(text, size).map((piece) => reader.feed(piece));
      expect(heads.slice(0, -1), `pieces of ${size}`).toEqual(heads.slice(0, -1).map(() => undefined));
      expect(heads.at(-1)?.status).toBe(body === '' ? 204 : 200);
      expect(got.join('')).toBe(body);
    }
  });

  it('ends with the connection where no length is said, and only there', () => {
    const got: string[] = [];
    const reader = new ResponseReader((piece) => got.push(piece.toString()));
    expect(reader.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhel'))).toBeUndefined();
    reader.feed(Buffer.from('lo'));
    expect(reader.endOfConnection()?.status).toBe(200);
    expect(got.join('')).toBe('hello');
    const cutOff = new ResponseReader(() => undefined);
    cutOff.feed(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'));
    expect(cutOff.endOfConnection()).toBeUndefined();
  });

  it('refuses bytes after the end', () => {
    const reader = new ResponseReader(() => undefined);
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab';
    expect(() => reader.feed(Buffer.from(answer))).toThrow('1 bytes after the end');
  });
});

function piecesOf(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
