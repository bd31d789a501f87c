import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { AdmissionControl } from '@sandyq/http';
import { describe, expect, it } from 'vitest';
import { AdmittedBody } from './admitted-body.ts';
import { CodedBody, type ContentCoding, contentCodingOf } from './coded-body.ts';
import { ReadingTurns } from './reading-turns.ts';

const MIB = 2 ** 20;
const turns = new ReadingTurns();

async function bodyOf(coded: Uint8Array, coding: Exclude<ContentCoding, 'identity'>, pieceBytes = 1_000) {
  const control = new AdmissionControl({
    maxInFlightBytes: 64 * MIB,
    maxInFlightBytesPerSender: 64 * MIB,
    minFreeDiskBytes: 0,
    freeDiskBytes: () => Promise.resolve(10_000 * MIB),
  });
  await control.admit('other', 4 * MIB);
  const reservation = await control.admit('sender', coded.length);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < coded.length; from += pieceBytes) {
      await sleep(0);
      yield coded.subarray(from, from + pieceBytes);
    }
  }
  const admitted = new AdmittedBody(pieces(), { reservation, stallMs: 10_000, turns });
  return { reservation, body: new CodedBody(admitted, { coding, reservation, turns }) };
}

async function read(body: CodedBody): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a coded body', () => {
  const text = Buffer.from('DICOM '.repeat(50_000));

  it.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
  ] as const)('of %s is read as what it was, and reserved as long as that', async (coding, coded) => {
    const { body, reservation } = await bodyOf(coded, coding);
    expect((await read(body)).equals(text)).toBe(true);
    expect(reservation.bytes).toBeGreaterThanOrEqual(text.length);
    expect(body.refusal).toBeUndefined();
  });

  it('may be several members one after the other (RFC 1952 §2.2)', async () => {
    const { body } = await bodyOf(Buffer.concat([gzipSync('one '), gzipSync('two')]), 'gzip');
    expect((await read(body)).toString()).toBe('one two');
  });

  it('that is something else, or breaks off, is a bad request', async () => {
    for (const coded of [text.subarray(0, 5_000), gzipSync(text).subarray(0, 300)]) {
      const { body } = await bodyOf(coded, 'gzip');
      await expect(read(body)).rejects.toThrow(/./);
      expect(body.refusal).toMatchObject({ code: 'bad-request' });
    }
  });

  it('that grows beyond what may be in flight is ended, whatever it was announced as', async () => {
    const { body } = await bodyOf(gzipSync(Buffer.alloc(80 * MIB), { level: 1 }), 'gzip', 64_000);
    await expect(read(body)).rejects.toThrow(/./);
    expect(body.refusal).toMatchObject({ code: 'overloaded' });
  });

  it('lets go of its sender when its reader leaves early', async () => {
    const { body } = await bodyOf(gzipSync(text), 'gzip');
    for await (const chunk of body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    body.release();
    expect(body.refusal).toBeUndefined();
  });
});

describe('contentCodingOf', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['Identity', 'identity'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['identity, gzip', 'gzip'],
    ['deflate', 'deflate'],
  ])('knows %s', (header, coding) => {
    expect(contentCodingOf(header)).toBe(coding);
  });

  it.each(['br', 'zstd', 'gzip, gzip', 'gzip, br', 'compress'])(
    'refuses %s and says what it takes',
    (header) => {
      const refusal = (): unknown => contentCodingOf(header);
      expect(refusal).toThrow(expect.objectContaining({ code: 'unsupported-media-type' }));
      expect(refusal).toThrow(
        expect.objectContaining({ headers: { 'Accept-Encoding': 'gzip, deflate, identity' } }),
      );
    },
  );
});
