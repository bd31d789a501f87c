import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DicomwebError } from './errors.ts';
import { readMultipartRelated } from './multipart-reader.ts';
import { MultipartWriter } from './multipart-writer.ts';
import { bodiesOf, boundary, chunksOf, contentType, readAll } from './testing/read-parts.ts';

describe('readMultipartRelated', () => {
  it('reads parts with their header fields', async () => {
    const body = `--${boundary}\r\nContent-Type: application/dicom\r\nX-A:  1 \r\n\r\none\r\n--${boundary}\r\n\r\ntwo\r\n--${boundary}--\r\n`;
    const { parts, error } = await readAll(body);
    expect(error).toBeUndefined();
    expect(parts).toEqual([
      {
        headers: { 'content-type': 'application/dicom', 'x-a': '1' },
        body: Buffer.from('one'),
        fault: undefined,
      },
      { headers: {}, body: Buffer.from('two'), fault: undefined },
    ]);
  });

  it.each([
    ['a preamble', `To whom it may concern\r\n--${boundary}\r\n\r\nx\r\n--${boundary}--\r\n`, ['x']],
    ['an epilogue', `--${boundary}\r\n\r\nx\r\n--${boundary}--\r\nBye\r\n--${boundary}\r\n\r\nno`, ['x']],
    ['a leading line break', `\r\n--${boundary}\r\n\r\nx\r\n--${boundary}--`, ['x']],
    ['a closing delimiter without line break', `--${boundary}\r\n\r\nx\r\n--${boundary}--`, ['x']],
    ['a closing delimiter cut after CR', `--${boundary}\r\n\r\nx\r\n--${boundary}--\r`, ['x']],
    ['spaces behind the boundary', `--${boundary} \t \r\n\r\nx\r\n--${boundary}-- \t\r\n`, ['x']],
    [
      'line feeds only',
      `--${boundary}\nContent-Type: a/b\n\nx\r\n\n--${boundary}\n\ny\n--${boundary}--\n`,
      ['x\r\n', 'y'],
    ],
    ['LF behind the boundary only', `--${boundary}\nContent-Type: a/b\r\n\r\nx\r\n--${boundary}--\n`, ['x']],
    ['an empty part', `--${boundary}\r\n\r\n\r\n--${boundary}--`, ['']],
    ['a part of nothing but header fields', `--${boundary}\r\nA: b\r\n\r\n--${boundary}--`, ['']],
    ['no part', `--${boundary}--\r\n`, []],
    [
      'a line that begins like the boundary',
      `--${boundary}\r\n\r\nx\r\n--${boundary}x\r\n--${boundary}--`,
      [`x\r\n--${boundary}x`],
    ],
    [
      'a delimiter without a line before it',
      `--${boundary}\r\n\r\nx--${boundary}\r\n--${boundary}--`,
      [`x--${boundary}`],
    ],
    [
      'a closing look-alike',
      `--${boundary}\r\n\r\nx\r\n--${boundary}--y\r\n--${boundary}--`,
      [`x\r\n--${boundary}--y`],
    ],
    ['CR CR LF before the delimiter', `--${boundary}\r\n\r\nx\r\r\n--${boundary}--`, ['x\r']],
    [
      'a boundary followed by CR CR',
      `--${boundary}\r\n\r\n\r\n--${boundary}\r\r\n--${boundary}--`,
      [`\r\n--${boundary}\r`],
    ],
  ])('accepts %s', async (_what, body, expected) => {
    const result = await readAll(body);
    expect(result.error).toBeUndefined();
    expect(bodiesOf(result)).toEqual(expected);
  });

  it('accepts header names in any case and folded lines', async () => {
    const { parts } = await readAll(
      `--${boundary}\r\nCONTENT-type: a/b;\r\n  c=d\r\n\r\nx\r\n--${boundary}--`,
    );
    expect(parts[0]?.headers).toEqual({ 'content-type': 'a/b; c=d' });
  });

  it.each(["'()+_,-./:=?", 'a b', '0', 'x'.repeat(70), '--', '-'])('accepts the boundary %s', async (odd) => {
    const writer = new MultipartWriter({ type: 'application/dicom', boundary: odd });
    const body = Buffer.concat([
      writer.partHeader({ contentType: 'a/b' }),
      Buffer.from(`\r\n-${odd}`),
      writer.closing,
    ]);
    const result = await readAll(body, { type: writer.contentType });
    expect(bodiesOf(result)).toEqual([`\r\n-${odd}`]);
    expect(result.error).toBeUndefined();
  });

  it('hands out views of the received chunks, not copies', async () => {
    const body = Buffer.from(`--${boundary}\r\n\r\n${'x'.repeat(1000)}\r\n--${boundary}--`);
    const cuts = [100, 300, 300];
    for await (const part of readMultipartRelated(chunksOf(body, cuts), contentType)) {
      for await (const piece of part.body) expect(piece.buffer).toBe(body.buffer);
    }
  });

  it('reads the same parts from any payload in any chunks', async () => {
    const lookAlikes: Uint8Array[] = [
      '\r',
      '\n',
      '\r\n',
      `--${boundary}`,
      `\r\n--${boundary}`,
      '--',
      `\r\n--${boundary}x`,
      `\r\n--${boundary}--x`,
    ].map((text) => Buffer.from(text));
    const payload = fc
      .array(fc.oneof(fc.constantFrom(...lookAlikes), fc.uint8Array({ maxLength: 20 })), { maxLength: 12 })
      .map((pieces) => Buffer.concat(pieces))
      .filter((bytes) => !containsDelimiterLine(bytes));
    const cuts = fc.array(fc.nat({ max: 25 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { maxLength: 5 }), cuts, async (payloads, lengths) => {
        const writer = new MultipartWriter({ type: 'application/dicom', boundary });
        const whole = payloads.flatMap((bytes) => [
          writer.partHeader({ contentType: 'application/dicom' }),
          bytes,
        ]);
        const closing = payloads.length === 0 ? Buffer.from(`--${boundary}--`) : writer.closing;
        const result = await readAll(Buffer.concat([...whole, closing]), { cuts: lengths });
        expect(result.error).toBeUndefined();
        expect(result.parts.map(({ body }) => body)).toEqual(payloads);
      }),
      { numRuns: 500 },
    );
  });

  it('reports a body cut at any byte, and keeps the parts before the cut', async () => {
    const one = `--${boundary}\r\nContent-Type: a/b\r\n\r\none\r\n`;
    const whole = `${one}--${boundary}\r\nContent-Type: a/b\r\n\r\ntwo\r\n--${boundary}--`;
    for (let length = 0; length < whole.length; length += 1) {
      const result = await readAll(whole.slice(0, length), { cuts: [7, 7, 7, 7, 7, 7] });
      const isBeforeFirst = length < `--${boundary}\r\n`.length;
      expect(result.error).toBe(isBeforeFirst ? 'multipart-malformed' : 'multipart-truncated');
      const isFirstWhole = length > `${one}--${boundary}\r\n`.length;
      expect(isFirstWhole ? result.parts[0]?.body.toString() : 'one').toBe('one');
    }
  });

  it('never fails with an untyped error on arbitrary bytes', async () => {
    const noise = fc.array(
      fc.constantFrom('-', `--${boundary}`, '\r\n', '\n', ' ', 'A: b', ':', '\0', '--'),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(noise, async (pieces) => {
        const { error } = await readAll(pieces.join(''));
        expect(error ?? 'multipart-').toMatch(/^multipart-/);
      }),
      { numRuns: 500 },
    );
  });

  it('ends quietly when the consumer has read the truncation from the part', async () => {
    const body = Buffer.from(`--${boundary}\r\n\r\none\r\n--${boundary}\r\n\r\ntw`);
    const verdicts: string[] = [];
    for await (const part of readMultipartRelated(chunksOf(body, []), contentType)) {
      try {
        for await (const _ of part.body);
        verdicts.push('whole');
      } catch (error) {
        verdicts.push(error instanceof DicomwebError ? error.code : 'not typed');
      }
    }
    expect(verdicts).toEqual(['whole', 'multipart-truncated']);
  });

  it('skips what the consumer leaves of a part', async () => {
    const body = Buffer.from(
      `--${boundary}\r\n\r\n${'x'.repeat(50)}\r\n--${boundary}\r\n\r\ntwo\r\n--${boundary}--`,
    );
    const seen: string[] = [];
    for await (const part of readMultipartRelated(chunksOf(body, [20, 20, 20]), contentType)) {
      for await (const piece of part.body) {
        seen.push(Buffer.from(piece).toString());
        break;
      }
    }
    expect(seen).toEqual(['x'.repeat(20 - `--${boundary}\r\n\r\n`.length), 'two']);
  });

  it('does not read ahead of its consumer', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`--${boundary}\r\n\r\n`);
      while (true) {
        pulled += 1;
        yield Buffer.alloc(1000);
      }
    }
    for await (const part of readMultipartRelated(endless(), contentType)) {
      const { value } = await part.body.next();
      expect(value).toHaveLength(1000);
      expect(pulled).toBe(1);
      break;
    }
  });

  it('returns the source when the consumer leaves', async () => {
    let isReturned = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from(`--${boundary}\r\n\r\nx\r\n--${boundary}\r\n`);
        yield Buffer.from('more');
      } finally {
        isReturned = true;
      }
    }
    for await (const part of readMultipartRelated(source(), contentType)) {
      expect(part.partIndex).toBe(0);
      break;
    }
    expect(isReturned).toBe(true);
  });

  it('wraps an error of the source', async () => {
    const cause = new Error('socket gone');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`--${boundary}\r\n\r\nx`);
      throw cause;
    }
    const parts = readMultipartRelated(broken(), contentType);
    const { value } = await parts.next();
    await expect(drain(value?.body)).rejects.toMatchObject({ code: 'body-interrupted', cause });
    await expect(parts.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('marks only the part whose header block is too long', async () => {
    const body = `--${boundary}\r\nA: ${'b'.repeat(100)}\r\n\r\none\r\n--${boundary}\r\n\r\ntwo\r\n--${boundary}--`;
    const result = await readAll(body, { limits: { headerBytes: 50 } });
    expect(result.parts.map(({ fault }) => fault)).toEqual(['part-headers', undefined]);
    expect(result.parts[1]?.body.toString()).toBe('two');
  });

  it('marks only the part with a line that is no header field', async () => {
    const result = await readAll(
      `--${boundary}\r\nnonsense\r\nA: b\r\n\r\none\r\n--${boundary}\r\n\r\ntwo\r\n--${boundary}--`,
    );
    expect(result.parts.map(({ fault }) => fault)).toEqual(['part-headers', undefined]);
    expect(result.parts[0]).toMatchObject({ headers: { a: 'b' }, body: Buffer.from('one') });
  });

  it('bounds the number of parts and the preamble', async () => {
    const body = `--${boundary}\r\n\r\n1\r\n--${boundary}\r\n\r\n2\r\n--${boundary}--`;
    expect(await readAll(body, { limits: { partCount: 1 } })).toMatchObject({ error: 'multipart-limit' });
    expect(await readAll('x'.repeat(200), { limits: { preambleBytes: 100 } })).toMatchObject({
      error: 'multipart-malformed',
    });
  });
});

async function drain(body: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  for await (const _ of body ?? []);
}

function containsDelimiterLine(bytes: Buffer): boolean {
  return new RegExp(`(?:^|\r\n)--${boundary}(?:--)?[ \t]*(?:\r?\n|$)`).test(bytes.toString('latin1'));
}
