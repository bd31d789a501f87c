/**
 * The parts of a store by metadata and bulk data (PS3.18 §10.5.1.4) while they come: all are put into one scratch file of the
 * spool, because an instance can be composed only when its last part is there, in whatever order they were sent.
 */
import { DicomError, defaultComposeLimits, JsonArraySplitter, type JsonRange } from '@sandyq/dicom';
import { DicomwebError } from '@sandyq/dicomweb';
import { BulkParts, type MetadataPart, type RequestPart } from '@sandyq/indexing';
import type { ScratchFile, SegmentSpool } from '@sandyq/storage';

/** Most parts, and data sets, of one request; and most characters of their headers, which are held in memory. */
const mostParts = 200_000;
const mostHeaderCharacters = 32 * 1024 * 1024;

/** A part as its headers name it. */
export interface PartName {
  readonly contentType: string;
  readonly contentLocation: string | undefined;
}

/** A part of metadata that holds no data set that could be read apart. */
export interface FaultyPart {
  readonly part: RequestPart;
  readonly fault: DicomError;
}

/** What was sent as metadata and bulk data in one request. */
export class MetadataParts {
  readonly bulk: BulkParts;
  readonly metadata: MetadataPart[] = [];
  readonly faulty: FaultyPart[] = [];
  /** Whether the body broke off in one of the parts. */
  isTorn = false;
  readonly #spool: Pick<SegmentSpool, 'createScratch'>;
  #scratch: ScratchFile | undefined;
  #parts = 0;
  #headerCharacters = 0;

  /** @param requestUrl what relative locations are relative to */
  constructor(spool: Pick<SegmentSpool, 'createScratch'>, requestUrl: string) {
    this.#spool = spool;
    this.bulk = new BulkParts(requestUrl);
  }

  /** Takes in a part of bulk data. */
  async addBulk(name: PartName, body: AsyncIterable<Uint8Array>): Promise<void> {
    const range = await this.#spoolWhole(name, body);
    if (range !== undefined) this.bulk.add(await this.#part(name, range));
  }

  /** Takes in a Native DICOM Model: one data set. */
  async addXml(name: PartName, body: AsyncIterable<Uint8Array>): Promise<void> {
    const range = await this.#spoolWhole(name, body);
    if (range === undefined) return;
    const part = await this.#part(name, range);
    this.metadata.push({ ...part, model: 'xml', dataSet: part.bytes });
  }

  /** Takes in DICOM JSON: an array of data sets. */
  async addJson(name: PartName, body: AsyncIterable<Uint8Array>): Promise<void> {
    const splitter = new JsonArraySplitter(defaultComposeLimits.textBytes);
    const found: JsonRange[] = [];
    let fault: DicomError | undefined;
    const attempt = (step: () => readonly JsonRange[]): void => {
      try {
        if (fault === undefined) found.push(...step());
      } catch (error) {
        if (!(error instanceof DicomError)) throw error;
        fault = error;
      }
      this.#count(found.length);
    };
    const range = await this.#spoolWhole(name, body, (chunk) => attempt(() => splitter.push(chunk)));
    if (range === undefined) return;
    attempt(() => {
      splitter.end();
      return [];
    });
    if (fault !== undefined) this.faulty.push({ part: await this.#part(name, range), fault });
    await this.#addDataSets(name, range, found, fault === undefined);
    this.#parts += found.length;
  }

  /** Gives the scratch file back. */
  async discard(): Promise<void> {
    await this.#scratch?.discard();
  }

  /** Of one data set the whole part is kept; of several, to each the bytes of its own. */
  async #addDataSets(
    name: PartName,
    range: JsonRange,
    found: readonly JsonRange[],
    isWhole: boolean,
  ): Promise<void> {
    const isKeptWhole = found.length === 1 && isWhole;
    for (const { offset, length } of found) {
      const part = await this.#part(name, { offset: range.offset + offset, length });
      const kept = isKeptWhole ? await this.#part(name, range) : part;
      this.metadata.push({ ...kept, model: 'json', dataSet: part.bytes });
    }
  }

  /** Undefined, and nothing is kept, where the body breaks off. */
  async #spoolWhole(
    name: PartName,
    body: AsyncIterable<Uint8Array>,
    look?: (chunk: Uint8Array) => void,
  ): Promise<JsonRange | undefined> {
    this.#count(1, name.contentType.length + (name.contentLocation?.length ?? 0));
    const scratch = await this.#file();
    const offset = scratch.length;
    try {
      for await (const chunk of body) {
        look?.(chunk);
        const behind = scratch.write(chunk);
        if (behind !== undefined) await behind;
      }
    } catch (error) {
      if (!(error instanceof DicomwebError) || error.code !== 'multipart-truncated') throw error;
      this.isTorn = true;
      await scratch.truncate(offset);
      return undefined;
    }
    return { offset, length: scratch.length - offset };
  }

  async #part({ contentType, contentLocation }: PartName, range: JsonRange): Promise<RequestPart> {
    const scratch = await this.#file();
    return {
      contentType,
      contentLocation,
      bytes: {
        length: range.length,
        open: (within = { offset: 0, length: range.length }) =>
          scratch.read({ offset: range.offset + within.offset, length: within.length }),
      },
    };
  }

  async #file(): Promise<ScratchFile> {
    this.#scratch ??= await this.#spool.createScratch();
    return this.#scratch;
  }

  #count(more: number, headerCharacters = 0): void {
    if (headerCharacters > 0) this.#parts += more;
    this.#headerCharacters += headerCharacters;
    const parts = headerCharacters > 0 ? this.#parts : this.#parts + more;
    if (parts <= mostParts && this.#headerCharacters <= mostHeaderCharacters) return;
    throw new DicomwebError(
      'multipart-limit',
      `a request has at most ${mostParts} instances and parts of bulk data; send fewer`,
    );
  }
}
