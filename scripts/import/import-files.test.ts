/** Against a server that misbehaves: overload, broken connections, answers that name no instance, answers before the end. */
import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type StoreResult, storeResponse } from '@sandyq/dicomweb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeNativeImage } from '../../test/support/made-instances.ts';
import { decodeMultipart } from '../../test/support/multipart.ts';
import { type FileOutcome, importFiles } from './import-files.ts';
import { createTarget } from './send-batch.ts';

const ids = (number: number) => ({
  studyInstanceUid: '2.9.2',
  seriesInstanceUid: '2.9.2.1',
  sopInstanceUid: `2.9.2.1.${number}`,
});
const stored = (number: number): StoreResult => ({ verdict: 'stored', sopClassUid: '1.2', ...ids(number) });
const failed = (
  reason: Extract<StoreResult, { verdict: 'failed' }>['reason'],
  number?: number,
): StoreResult => ({
  verdict: 'failed',
  reason,
  ...(number !== undefined && { sopClassUid: '1.2', sopInstanceUid: ids(number).sopInstanceUid }),
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

let folder: string;
let server: Server;
let answers: Answer[];
/** Number of parts of each request whose body was taken. */
let received: number[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'import-'));
  answers = [];
  received = [];
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    const answer = answers.shift() ?? ((_, unexpected) => void unexpected.writeHead(418).end());
    void Promise.resolve(answer(request, response));
  };
  server = createServer(respond).on('checkContinue', respond);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function addFiles(...numbers: number[]): Promise<void> {
  for (const number of numbers) {
    const { bytes } = makeNativeImage(ids(number), {
      rows: 8,
      columns: 8,
      pixels: Buffer.alloc(128, number),
    });
    await writeFile(path.join(folder, String(number)), bytes);
  }
}

/** Takes the body whole, then answers with verdicts. */
const verdicts =
  (results: readonly StoreResult[], headers: Record<string, string> = {}): Answer =>
  async (request, response) => {
    response.writeContinue();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push(decodeMultipart(request.headers['content-type'] ?? '', Buffer.concat(chunks)).length);
    const { status, json } = storeResponse(results, { rootUrl: 'http://archive/dicom-web' });
    response
      .writeHead(status, { 'Content-Type': 'application/dicom+json', ...headers })
      .end(JSON.stringify(json));
  };

/** Answers without having asked for the body. */
const atOnce =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
      .end('{"message":"no"}');

async function run(
  options: { batch?: number; parallel?: number; patienceMs?: number; signal?: AbortSignal } = {},
) {
  const { batch = 10, parallel = 1, patienceMs = 10_000, signal = new AbortController().signal } = options;
  const outcomes: FileOutcome[] = [];
  const waits: number[] = [];
  let known = 0;
  const { port } = server.address() as AddressInfo;
  const target = createTarget(`http://127.0.0.1:${port}`, 'key', parallel);
  try {
    await importFiles(
      { folder, target, parallel, batch: { files: batch, bytes: 1_000_000 }, patienceMs, signal },
      {
        onFile: (file) => outcomes.push(file),
        onKnown: (count) => {
          known += count;
        },
        onSkipped: () => undefined,
        onWaiting: (_, waitMs) => waits.push(waitMs),
      },
    );
  } finally {
    target.agent.destroy();
  }
  const files = Object.fromEntries(outcomes.map(({ name, outcome, reason }) => [name, reason ?? outcome]));
  return { files, waits, known };
}

describe('importFiles', () => {
  it('sends several files a request and maps verdicts to files', async () => {
    await addFiles(1, 2, 3);
    answers = [
      verdicts([stored(2), failed('duplicate-sop-instance', 1)], { 'Sandyq-Known-Instances': '1' }),
      verdicts([stored(3)]),
    ];
    expect(await run({ batch: 2 })).toEqual({
      files: { 1: 'duplicate-sop-instance', 2: 'stored', 3: 'stored' },
      waits: [],
      known: 1,
    });
    expect(received).toEqual([2, 1]);
  });

  it('waits as long as an overloaded archive asks, and sends the same again', async () => {
    await addFiles(1);
    answers = [atOnce(503, { 'Retry-After': '1' }), verdicts([stored(1)])];
    expect(await run()).toMatchObject({ files: { 1: 'stored' }, waits: [1_000] });
  });

  it('gives up when its patience is at an end, and says what the archive said', async () => {
    await addFiles(1);
    answers = [atOnce(503), atOnce(503), atOnce(503)];
    await expect(run({ patienceMs: 600 })).rejects.toThrow(/took no request for 1 s: no\./);
    expect(answers).toEqual([]);
  });

  it('sends only the instances again that the archive could not store at the moment', async () => {
    await addFiles(1, 2);
    answers = [
      verdicts([stored(1), failed('storage-unavailable', 2)], { 'Retry-After': '0' }),
      verdicts([stored(2)]),
    ];
    expect(await run()).toMatchObject({ files: { 1: 'stored', 2: 'stored' } });
    expect(received).toEqual([2, 1]);
  });

  it('repeats a request whose connection broke, before and during the answer', async () => {
    await addFiles(1);
    answers = [
      (request) => void request.socket.destroy(),
      (_, response) => {
        response.writeContinue();
        response.writeHead(200, { 'Content-Type': 'application/dicom+json', 'Content-Length': '500' });
        response.write('{', () => response.destroy());
      },
      verdicts([stored(1)]),
    ];
    const { files, waits } = await run();
    expect(files).toEqual({ 1: 'stored' });
    expect(waits).toEqual([250, 500]);
  });

  it('sends files alone whose verdicts name no instance and differ', async () => {
    await addFiles(1, 2, 3);
    answers = [
      verdicts([stored(2), failed('truncated'), failed('malformed')]),
      verdicts([failed('malformed')]),
      verdicts([failed('truncated')]),
    ];
    expect(await run()).toMatchObject({ files: { 1: 'malformed', 2: 'stored', 3: 'truncated' } });
    expect(received).toEqual([3, 1, 1]);
  });

  it('sends files alone when the request as a whole was refused', async () => {
    await addFiles(1, 2);
    answers = [atOnce(500), verdicts([stored(1)]), atOnce(413)];
    expect(await run()).toMatchObject({ files: { 1: 'stored', 2: 'status-413' } });
  });

  it.each([
    [401, /API key is not valid/],
    [403, /does not let this API key store/],
    [404, /no archive/],
  ])('gives up at once on %i', async (status, message) => {
    await addFiles(1, 2);
    answers = [atOnce(status)];
    await expect(run({ batch: 1 })).rejects.toThrow(message);
    expect(answers).toEqual([]);
  });

  it('leaves a file out that becomes shorter while it is sent, and sends its neighbours', async () => {
    await addFiles(1, 2);
    answers = [
      async (request, response) => {
        // Found with its whole length; short when it is read.
        await truncate(path.join(folder, '2'), 100);
        response.writeContinue();
        request.resume();
      },
      verdicts([stored(1)]),
    ];
    expect(await run()).toMatchObject({ files: { 1: 'stored', 2: 'unreadable' } });
  });

  it('stops when it is told to', async () => {
    await addFiles(1);
    const stop = new AbortController();
    answers = [() => stop.abort(new Error('enough'))];
    await expect(run({ signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('uses several connections at once', async () => {
    await addFiles(1, 2, 3, 4);
    let waiting = 0;
    const together = Promise.withResolvers<void>();
    answers = [1, 2, 3, 4].map(
      (number): Answer =>
        async (request, response) => {
          waiting += 1;
          if (waiting === 4) together.resolve();
          await together.promise;
          await verdicts([stored(number)])(request, response);
        },
    );
    const { files } = await run({ batch: 1, parallel: 4 });
    expect(Object.keys(files)).toHaveLength(4);
  });
});
