/**
 * The floor: what this machine and Node allow when nothing but the irreducible work of an archive is done. The benchmark runs
 * it beside the archive, so that a ratio says how far the archive is from the limit.
 *
 * What it does. Store: multipart, one SHA-256 and one CRC-32 over the bytes, one file for a request, fsync of the file and of
 * its folder, one row for an instance in a real PostgreSQL, committed (fsync and synchronous_commit on; requests that wait
 * for a commit share the next), an answer that names the instances. Retrieve: one look-up, kept in memory; one range read;
 * CRC-32; send.
 *
 * What it leaves out, and an archive can't: reading the data set (only the SOP Instance UID is looked for, in the file meta
 * information), metadata and search attributes, frame tables, receipts, duplicates and conflicts, patients, studies, series
 * and counters, revisions, the change feed, access control and audit, content negotiation, other transfer syntaxes, limits
 * on what is admitted. It asks the client where a frame is, and takes the first reading of a frame for the right one. It is
 * no archive: never put anything into it but the load of the benchmark.
 */
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Express } from 'express';
import { FloorIndex, type IndexRow } from './floor-index.ts';
import { receiveSegment } from './receive-segment.ts';
import { RangeReader, sendRange, sendRanges } from './send-range.ts';

/** What a floor process works with. */
export interface FloorOptions {
  readonly connectionString: string;
  /** Of the files; exists, and so does its `static/`. */
  readonly folder: string;
}

/** Bytes that are answered as they are. */
interface StaticAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Routes: see README.md. */
export class FloorServer {
  readonly server: Server;
  readonly #folder: string;
  readonly #folderHandle: FileHandle;
  readonly #index: FloorIndex;
  readonly #reader: RangeReader;
  readonly #rows = new Map<string, IndexRow>();
  readonly #studies = new Map<string, readonly IndexRow[]>();
  readonly #static = new Map<string, StaticAnswer>();
  #express: Express | undefined;
  #segments = 0;

  static async open({ connectionString, folder }: FloorOptions): Promise<FloorServer> {
    const index = await FloorIndex.open(connectionString);
    return new FloorServer(folder, await open(folder), index);
  }

  private constructor(folder: string, folderHandle: FileHandle, index: FloorIndex) {
    this.#folder = folder;
    this.#folderHandle = folderHandle;
    this.#index = index;
    this.#reader = new RangeReader(folder);
    this.server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        response.writeHead(500).end(error instanceof Error ? error.message : String(error));
      });
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.#reader.close();
    await this.#folderHandle.close();
    await this.#index.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, route, name = '', ...rest] = (request.url ?? '').split('/');
    switch (`${request.method} ${route}`) {
      case 'POST store':
        return this.#store(request, response, name);
      case 'GET instance':
        return this.#instance(response, name);
      case 'GET frame':
        return this.#frame(response, await this.#row(name), Number(rest[0]), Number(rest[1]));
      case 'GET study':
        return this.#study(response, name);
      case 'PUT static':
        return this.#put(request, response, name);
      case 'GET static': {
        const { headers, body } = await this.#staticAnswer(name);
        response.writeHead(200, headers).end(body);
        return;
      }
      case 'GET express':
        await this.#staticAnswer(name);
        this.#express ??= await this.#expressRoute();
        return this.#express(request, response);
      default:
        response.writeHead(404).end();
    }
  }

  async #store(request: IncomingMessage, response: ServerResponse, push: string): Promise<void> {
    this.#segments += 1;
    const rows = await receiveSegment(request, {
      folder: this.#folder,
      folderHandle: this.#folderHandle,
      segment: `${process.pid}-${String(this.#segments).padStart(9, '0')}`,
      push,
    });
    await this.#index.add(rows);
    this.#studies.delete(push);
    const body = storedAnswer(rows);
    response
      .writeHead(200, { 'content-type': 'application/dicom+json', 'content-length': body.length })
      .end(body);
  }

  async #frame(response: ServerResponse, row: IndexRow, offset: number, length: number): Promise<void> {
    if (!(offset >= 0 && length > 0 && offset + length <= row.length))
      throw new Error('not within the instance');
    await sendRange(response, this.#reader, { segment: row.segment, offset: row.offset + offset, length });
  }

  async #study(response: ServerResponse, push: string): Promise<void> {
    const rows = this.#studies.get(push) ?? (await this.#index.list(push));
    if (rows.length === 0) throw new Error(`nothing was stored as ${push}`);
    this.#studies.set(push, rows);
    await sendRanges(response, this.#reader, rows);
  }

  async #instance(response: ServerResponse, sopInstanceUid: string): Promise<void> {
    const row = await this.#row(sopInstanceUid);
    await sendRange(response, this.#reader, row, row.crc32);
  }

  async #row(sopInstanceUid: string): Promise<IndexRow> {
    const row = this.#rows.get(sopInstanceUid) ?? (await this.#index.find(sopInstanceUid));
    if (row === undefined) throw new Error(`${sopInstanceUid} was not stored`);
    this.#rows.set(sopInstanceUid, row);
    return row;
  }

  /** In files, so that every process of the floor has it. */
  async #put(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const { 'content-type': type = 'application/octet-stream', 'content-encoding': encoding } =
      request.headers;
    const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
    await writeFile(this.#staticPath(name), body);
    await writeFile(`${this.#staticPath(name)}.headers`, JSON.stringify(headers));
    response.writeHead(204).end();
  }

  async #staticAnswer(name: string): Promise<StaticAnswer> {
    const known = this.#static.get(name);
    if (known !== undefined) return known;
    const body = await readFile(this.#staticPath(name));
    const headers = JSON.parse(await readFile(`${this.#staticPath(name)}.headers`, 'utf8')) as Record<
      string,
      string
    >;
    const answer = { headers: { ...headers, 'content-length': String(body.length) }, body };
    this.#static.set(name, answer);
    return answer;
  }

  #staticPath(name: string): string {
    if (!/^[\w-]+(?:\.\w+)*$/.test(name)) throw new Error(`${name} is no name of a static answer`);
    return join(this.#folder, 'static', name);
  }

  /** Loaded when it is asked for: it is half of the heap. */
  async #expressRoute(): Promise<Express> {
    const { default: express } = await import('express');
    const app = express().disable('x-powered-by').set('etag', false);
    return app.get('/express/:name', ({ params }, response) => {
      const answer = this.#static.get(params.name);
      response.set(answer?.headers).send(answer?.body);
    });
  }
}

/** Referenced SOP Sequence (PS3.18 §I.2), as little of it as names the instances. */
function storedAnswer(rows: readonly IndexRow[]): Buffer {
  const items = rows.map(({ sopInstanceUid }) => `{"00081155":{"vr":"UI","Value":["${sopInstanceUid}"]}}`);
  return Buffer.from(`{"00081199":{"vr":"SQ","Value":[${items.join(',')}]}}`);
}
