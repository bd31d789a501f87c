/**
 * What can't be converted, and who stops waiting (PS3.18 §8.7.3, §10.4): an error with a reason before the answer, a part
 * left out of a study, a broken transfer once it has begun; never wrong or missing pixels in an answer that looks whole.
 */
import { readPart10, TransferSyntaxes as T } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCompressedImage, noise } from '../support/compressed-instances.ts';
import { get, getParts, storeAll } from '../support/dicomweb.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const explicit = T.ExplicitVRLittleEndian.uid;
const single = { Accept: `application/dicom; transfer-syntax=${explicit}` };
const parts = `multipart/related; type="application/dicom"; transfer-syntax=${explicit}`;
const asStored = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const octets = { Accept: `application/octet-stream; transfer-syntax=${explicit}` };

const cut = (encoded: Buffer) => encoded.subarray(0, (encoded.length >> 2) * 2);

describe('conversions that fail', () => {
  let archive: TestArchive;
  const url = (study: number, instance?: number) =>
    `${archive.url}/dicom-web/studies/2.7.${study}${instance === undefined ? '' : `/series/2.7.${study}.1/instances/2.7.${study}.1.${instance}`}`;
  const ids = (study: number, instance: number) => ({
    studyInstanceUid: `2.7.${study}`,
    seriesInstanceUid: `2.7.${study}.1`,
    sopInstanceUid: `2.7.${study}.1.${instance}`,
  });
  const small = { rows: 64, columns: 64, bits: 16 } as const;
  const large = { rows: 1024, columns: 1024, bits: 16 } as const;
  const smallFrames = [1, 2, 3].map((seed) => noise(64 * 64 * 2, seed));
  /** Large only when decoded. */
  const largeFrame = Buffer.alloc(1024 * 1024 * 2, 'even');

  beforeAll(async () => {
    archive = await startArchive();
    const make = async (study: number, instance: number, image: Parameters<typeof makeCompressedImage>[1]) =>
      (await makeCompressedImage(ids(study, instance), image)).bytes;
    const thirdCut = (encoded: Buffer, index: number) => (index === 2 ? cut(encoded) : encoded);
    const sound = { ...small, transferSyntax: T.JPEGLSLossless, frames: smallFrames };
    const rle = { ...large, transferSyntax: T.RLELossless, frames: [largeFrame] };
    await storeAll(archive.url, [
      await make(1, 1, sound),
      await make(1, 2, { ...sound, damage: thirdCut }),
      await make(2, 1, { ...sound, damage: cut }),
      // Longer than what is made before the head leaves.
      await make(3, 1, {
        ...rle,
        frames: Array.from({ length: 12 }, () => largeFrame),
        damage: (encoded, index) => (index === 11 ? cut(encoded) : encoded),
      }),
      ...(await Promise.all(Array.from({ length: 20 }, (_, index) => make(4, index + 1, rle)))),
      await make(4, 21, { ...rle, damage: cut }),
      await make(5, 1, {
        ...rle,
        transferSyntax: T.JPEGLSLossless,
        frames: Array.from({ length: 24 }, () => largeFrame),
      }),
    ]);
  }, 60_000);
  afterAll(() => archive?.stop());

  it.each([
    ['an instance', 'decoded', single],
    ['an instance', 'encoded', { Accept: `application/dicom; transfer-syntax=${T.RLELossless.uid}` }],
    ['an instance', 'by default', { Accept: 'application/dicom' }],
  ])('answers 406 with the reason for %s %s', async (_what, _how, headers) => {
    for (const damaged of [url(1, 2), url(2, 1)]) {
      const { status, body } = await get(damaged, headers);
      expect(status).toBe(406);
      expect(JSON.parse(body.toString())).toMatchObject({
        error: 'not-acceptable',
        message: expect.stringMatching(/a stored frame ends before its image does .*transfer-syntax=\*/),
      });
      expect(await getParts(damaged, asStored)).toHaveLength(1);
    }
  });

  it('answers 406 for the frame that is damaged and for lists with it, 200 for others', async () => {
    const statusOf = async (list: string, accept: string) =>
      (await get(`${url(1, 2)}/frames/${list}`, { Accept: accept })).status;
    const many = 'multipart/related; type="application/octet-stream"';
    expect([await statusOf('2', octets.Accept), await statusOf('2,1', many)]).toEqual([200, 200]);
    expect([await statusOf('3', octets.Accept), await statusOf('1,3', many)]).toEqual([406, 406]);
    expect(await statusOf('3', 'image/jls')).toBe(200);
    const { body } = await get(`${url(1, 2)}/frames/2`, octets);
    expect(body.equals(smallFrames[1] ?? body)).toBe(true);
  });

  it('leaves out of a study what can not be converted, and says so; 406 where nothing is left', async () => {
    // The second time the fault is known.
    const answers = [await get(url(1), { Accept: parts }), await get(url(1), { Accept: parts })];
    for (const { status, headers, body } of answers) {
      expect(status).toBe(206);
      expect(headers.get('warning')).toMatch(/^299 http.*: 1 of 2 instances are left out/);
      expect([headers.get('etag'), headers.get('cache-control')]).toEqual([null, 'no-store']);
      expect(body.toString('latin1').match(/Content-Location/g)).toHaveLength(1);
    }
    expect((await get(url(2), { Accept: parts })).status).toBe(406);
    expect(await getParts(url(1), asStored)).toHaveLength(2);
  });

  it('breaks off what fails after its head has left, and knows it the next time', async () => {
    expect(await isBroken(url(3, 1), single)).toBe(true);
    const { status, body } = await get(url(3, 1), single);
    expect([status, body.includes('ends before its image does')]).toEqual([406, true]);
    expect(await isBroken(url(4), { Accept: parts })).toBe(true);
    const partial = await get(url(4), { Accept: parts });
    expect(partial.status).toBe(206);
    expect(partial.headers.get('warning')).toContain('1 of 21 instances are left out');
  });

  it('sends the same study to many at once, each whole', async () => {
    const answers = await Promise.all(Array.from({ length: 24 }, () => get(url(1, 1), single)));
    const value = Buffer.concat(smallFrames);
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      const { pixelData } = readPart10(body);
      expect(body.subarray(pixelData?.offset, (pixelData?.offset ?? 0) + value.length).equals(value)).toBe(
        true,
      );
    }
  });

  it('ends the tasks of whoever stops waiting', async () => {
    const leaving = new AbortController();
    const answer = await fetch(url(5, 1), { headers: single, signal: leaving.signal });
    expect(answer.status).toBe(200);
    expect((await loadOf(archive)).memory).toBeGreaterThan(0);
    leaving.abort();
    await expect
      .poll(() => loadOf(archive), { timeout: 10_000 })
      .toMatchObject({ running: 0, waiting: 0, memory: 0 });
    expect((await get(url(1, 1), single)).status).toBe(200);
  });

  it('puts frames of single bits one after the other, without gaps', async () => {
    // 15 bits a frame: each begins in the middle of a byte.
    const frames = [
      [0b1010_1010, 0b0101_0101],
      [0xff, 0x7f],
      [0b0000_0001, 0b0100_0000],
    ].map((bytes) => Buffer.from(bytes));
    const image = { rows: 3, columns: 5, bits: 1, transferSyntax: T.RLELossless, frames } as const;
    await storeAll(archive.url, [(await makeCompressedImage(ids(6, 1), image)).bytes]);
    const { status, body } = await get(url(6, 1), single);
    expect(status).toBe(200);
    const { pixelData } = readPart10(body);
    expect(pixelData).toMatchObject({ kind: 'native', vr: 'OB', length: 6 });
    const value = body.subarray(pixelData?.offset, (pixelData?.offset ?? 0) + 6);
    const bitsOf = (bytes: Buffer, count: number) =>
      Array.from({ length: count }, (_, at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1).join('');
    expect(bitsOf(value, 45)).toBe(frames.map((frame) => bitsOf(frame, 15)).join(''));
    const whole = await get(`${url(6, 1)}/bulkdata/7FE00010`, octets);
    expect(bitsOf(whole.body, 45)).toBe(bitsOf(value, 45));
    expect((await get(`${url(6, 1)}/frames/2`, octets)).body.equals(frames[1] ?? value)).toBe(true);
  });

  it('tells representations apart by their tags', async () => {
    const tagOf = async (resource: string, accept: string) =>
      (await get(resource, { Accept: accept })).headers.get('etag') ?? '';
    const syntaxes = [explicit, T.RLELossless.uid, T.JPEGLSLossless.uid, T.HTJ2KLossless.uid];
    const ofInstance = await Promise.all(
      syntaxes.map((uid) => tagOf(url(1, 1), `application/dicom; transfer-syntax=${uid}`)),
    );
    expect(new Set(ofInstance).size).toBe(4);
    const frame = `${url(1, 1)}/frames/1`;
    const ofFrame = await Promise.all(
      ['application/octet-stream', 'image/dicom-rle', 'image/jls', 'image/jphc'].map((type) =>
        tagOf(frame, type),
      ),
    );
    expect(new Set(ofFrame).size).toBe(4);
    const { status } = await get(frame, { Accept: 'image/jphc', 'If-None-Match': ofFrame[3] ?? '' });
    expect(status).toBe(304);
  });
});

/** Whether an answer that begins with success does not come to its end. */
async function isBroken(url: string, headers: Record<string, string>): Promise<boolean> {
  const answer = await fetch(url, { headers });
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return answer.arrayBuffer().then(
    () => false,
    () => true,
  );
}

/** From the metrics of the archive. */
async function loadOf({ url }: TestArchive): Promise<{ running: number; waiting: number; memory: number }> {
  const { body } = await get(`${url}/metrics`);
  const valueOf = (line: RegExp) => Number(line.exec(body.toString())?.[1] ?? Number.NaN);
  return {
    running: valueOf(/^sandyq_retrieval_codec_frames\{state="running"\} (\d+)$/m),
    waiting: valueOf(/^sandyq_retrieval_codec_frames\{state="waiting"\} (\d+)$/m),
    memory: valueOf(/^sandyq_retrieval_frame_memory_bytes (\d+)$/m),
  };
}
