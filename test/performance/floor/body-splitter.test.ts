import { expect, it } from 'vitest';
import { SeededRandom } from '../../support/seeded-random.ts';
import { BodySplitter } from './body-splitter.ts';

const BOUNDARY = 'b-1';

/** The parts of a body that is fed in chunks of this size. */
function split(body: Buffer, chunkBytes: number) {
  const parts: Buffer[] = [];
  let payload: Buffer[] = [];
  const splitter = new BodySplitter(BOUNDARY, {
    begin: () => {
      payload = [];
    },
    payload: (bytes) => payload.push(bytes),
    end: () => parts.push(Buffer.concat(payload)),
  });
  for (let at = 0; at < body.length; at += chunkBytes) splitter.feed(body.subarray(at, at + chunkBytes));
  return { parts, isClosed: splitter.isClosed };
}

function bodyOf(parts: readonly Buffer[], start = ''): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`;
  const pieces = parts.flatMap((part, index) => [index === 0 ? `${start}${head}` : `\r\n${head}`, part]);
  return Buffer.concat([...pieces, `\r\n--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)));
}

it('gives the payload of every part, wherever the chunks end', () => {
  const random = new SeededRandom(26);
  const almost = Buffer.from(`\r\n--b-\r\n--${BOUNDARY.slice(0, 2)}\r\n-\r`);
  const parts = [random.bytes(40), almost, Buffer.concat([almost, almost, random.bytes(7)]), Buffer.alloc(0)];
  const body = bodyOf(parts);
  for (let chunkBytes = 1; chunkBytes <= body.length; chunkBytes += 1) {
    expect(split(body, chunkBytes), `chunks of ${chunkBytes}`).toEqual({ parts, isClosed: true });
  }
});

it('takes a body that begins with a line end', () => {
  expect(split(bodyOf([Buffer.from('x')], '\r\n'), 5)).toEqual({ parts: [Buffer.from('x')], isClosed: true });
});

it('knows a body that breaks off', () => {
  const whole = bodyOf([Buffer.from('first'), Buffer.from('second')]);
  const cut = whole.subarray(0, whole.indexOf('second') + 3);
  expect(split(cut, 9)).toEqual({ parts: [Buffer.from('first')], isClosed: false });
});
