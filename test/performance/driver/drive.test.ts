/** Against a server that answers wrong in every way that matters: the benchmark must notice each. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ctSeries } from '../load/ct-series.ts';
import type { LoadInstance } from '../load/instance.ts';
import { drive } from './drive.ts';
import { frameJob, studyJob } from './retrieve-jobs.ts';
import { storeJobs } from './store-job.ts';

const [first, second] = ctSeries(new SeededRandom(7), { slices: 2, size: 16 });
if (first === undefined || second === undefined) throw new Error('two slices are needed');
const study: LoadInstance[] = [first, second];

it('accepts a study that comes as it was sent, in any order, and counts it', async () => {
  const url = await serve(multipart([fileOf(second), fileOf(first)]));
  const measured = await drive(2, [studyJob(url, study), studyJob(url, study), studyJob(url, study)]);
  expect(measured).toMatchObject({ operations: 3, latenciesMs: { length: 3 } });
  expect(measured.bytes).toBeGreaterThan(3 * (first.bytes + second.bytes));
});

it('goes on for as long as it is told', async () => {
  const url = await serve(multipart([fileOf(first)]));
  const measured = await drive(2, [studyJob(url, [first])], { atLeast: 0.2 });
  expect(measured.seconds).toBeGreaterThanOrEqual(0.2);
  expect(measured.operations).toBe(measured.latenciesMs.length);
  expect(measured.operations).toBeGreaterThan(1);
});

it('begins nothing more after the time it is given', async () => {
  const url = await serve(multipart([fileOf(first)]));
  const jobs = Array.from({ length: 100_000 }, () => studyJob(url, [first]));
  const measured = await drive(1, jobs, { atLeast: 1_000, atMost: 0.2 });
  expect(measured.operations).toBeGreaterThanOrEqual(1);
  expect(measured.operations).toBeLessThan(jobs.length);
});

it.each([
  ['one of its instances is missing', () => multipart([fileOf(first)]), '1 of 2 instances did not come'],
  ['one came twice', () => multipart([fileOf(first), fileOf(first)]), 'was not asked for, or came twice'],
  ['a byte is another', () => multipart([fileOf(first), damaged(fileOf(second))]), 'other bytes'],
  ['the end is missing', () => multipart([fileOf(first), fileOf(second).subarray(0, -2)]), 'other bytes'],
  [
    'it is an error',
    () => (_: IncomingMessage, response: ServerResponse) => response.writeHead(500).end('no'),
    '500',
  ],
])('refuses a study when %s', async (_, answer, message) => {
  const url = await serve(answer());
  await expect(drive(1, [studyJob(url, study)])).rejects.toThrow(message);
});

it('refuses another frame', async () => {
  const [pixels] = second.frames;
  const url = await serve(multipart([Buffer.concat(pixels?.pieces ?? [])]));
  await drive(1, [frameJob(url, second, 1)]);
  await expect(drive(1, [frameJob(url, first, 1)])).rejects.toThrow('other bytes');
});

it('refuses a store answer that does not name every instance', async () => {
  const item = `{"00081155":{"vr":"UI","Value":["${first.sopInstanceUid}"]}}`;
  const url = await serve((_, response) => response.end(`{"00081199":{"vr":"SQ","Value":[${item}]}}`));
  await drive(1, storeJobs(url, [first], 1));
  await expect(drive(1, storeJobs(url, study, 2))).rejects.toThrow('1 of 2 instances were confirmed');
});

function fileOf({ pieces }: LoadInstance): Buffer {
  return Buffer.concat(pieces);
}

function damaged(file: Buffer): Buffer {
  const last = file.length - 1;
  file.writeUInt8(file.readUInt8(last) ^ 1, last);
  return file;
}

function multipart(files: readonly Buffer[]) {
  return (_: IncomingMessage, response: ServerResponse) => {
    response.setHeader('content-type', 'multipart/related; type="application/dicom"; boundary=b');
    for (const file of files) response.write(Buffer.concat([Buffer.from('\r\n--b\r\n\r\n'), file]));
    response.end('\r\n--b--');
  };
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
