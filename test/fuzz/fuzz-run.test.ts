/** The fuzzing itself can fail: a server with known faults is found out, each fault made small; an honest one passes. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FreshUids } from '../support/fresh-uids.ts';
import { rawInstance } from '../support/raw-instance.ts';
import type { Material } from './fuzz-case.ts';
import { requestOf } from './fuzz-request.ts';
import { runFuzz } from './fuzz-run.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const ids = {
  studyInstanceUid: '2.25.1234567',
  seriesInstanceUid: '2.25.12345678',
  sopInstanceUid: '2.25.123456789',
};
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function material(): Material {
  const target = '/dicom-web/studies?limit=5&PatientName=a';
  const requests = [requestOf('GET', target, { Accept: 'application/dicom+json' })];
  return { requests, files: [rawInstance(ids)], uids: new FreshUids() };
}

async function serverWith(handler: Handler): Promise<{ url: string; pid: number }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => handler(request, response));
    request.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pid: process.pid };
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end('{}');
}

async function failuresWith(handler: Handler, mutations = 400) {
  const { failures, sent } = await runFuzz(await serverWith(handler), material(), { seed: 7, mutations });
  expect(sent).toBeGreaterThan(0);
  return failures;
}

describe('fuzzing', () => {
  it('passes a server that answers everything, or is busy and says until when', async () => {
    let count = 0;
    const failures = await failuresWith((_, response) => {
      count += 1;
      if (count % 3 === 0) answer(response, 503, { 'Retry-After': '1' });
      else answer(response, count % 2 === 0 ? 200 : 404);
    });
    expect(failures).toEqual([]);
  });

  it('finds a 500, with a request of as few mutations as it needs and its bytes in a file', async () => {
    const failures = await failuresWith((request, response) => {
      const isFaulty = /limit=[^5&]/.test(request.url ?? '');
      answer(response, isFaulty ? 500 : 200);
    }, 4_000);
    expect(failures.length).toBeGreaterThanOrEqual(10);
    // A mutation may need what another made; most stand alone.
    expect(failures.filter(({ mutations }) => mutations.startsWith('1 of')).length).toBeGreaterThan(5);
    for (const { problem, file, mutations } of failures) {
      expect(problem).toMatch(/^answered 500/);
      expect(mutations).toMatch(/^[1-4] of [1-4]$/);
      expect(existsSync(file) && readFileSync(file, 'latin1')).toMatch(/^[A-Z]+ \/.*limit=/);
      rmSync(file);
    }
  });

  it('finds a 503 without Retry-After, and a connection that is cut', async () => {
    const busy = await failuresWith((_, response) => answer(response, 503), 20);
    expect(busy[0]?.problem).toMatch(/^answered 503/);
    const cut = await failuresWith((_, response) => response.destroy(), 20);
    expect(cut[0]?.problem).toBe('closed without a whole answer');
    for (const { file } of [...busy, ...cut]) rmSync(file, { force: true });
  });
});
