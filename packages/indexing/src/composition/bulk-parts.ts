/**
 * Bulk data parts by what refers to them: a BulkDataURI stands for the part with this Content-Location, either of which may
 * be relative to the request (RFC 3986 §5, RFC 2557 §5). Frames may come one a part, as Retrieve sends them: with the same
 * Content-Location in their order, or with `{BulkDataURI}/frames/{number}`.
 */
import type { RequestPart } from './request-part.ts';

/** What a reference stands for: parts without, and parts with a frame number. */
export interface ReferredParts {
  readonly whole: readonly RequestPart[];
  /** By frame number. */
  readonly frames: ReadonlyMap<number, RequestPart>;
}

interface MutableParts {
  readonly whole: RequestPart[];
  readonly frames: Map<number, RequestPart>;
}

const none: ReferredParts = { whole: [], frames: new Map() };
const frameLocation = /^(.*)\/frames\/(\d{1,9})$/s;

/** The parts of one request. */
export class BulkParts {
  readonly #baseUrl: string;
  readonly #parts = new Map<string, MutableParts>();
  readonly #unreferenced = new Set<RequestPart>();

  /** @param baseUrl what relative locations are relative to: the URL of the request */
  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Parts that nothing has referred to yet, in the order they came. */
  get unreferenced(): readonly RequestPart[] {
    return [...this.#unreferenced];
  }

  /** A part that was received. */
  add(part: RequestPart): void {
    this.#unreferenced.add(part);
    if (part.contentLocation === undefined) return;
    const location = this.#resolved(part.contentLocation);
    this.#at(location).whole.push(part);
    const [, pixelData, number] = frameLocation.exec(location) ?? [];
    if (pixelData !== undefined) this.#at(pixelData).frames.set(Number(number), part);
  }

  /** The parts of a reference, which are referenced from then on. */
  refer(uri: string): ReferredParts {
    const parts = this.#parts.get(this.#resolved(uri)) ?? none;
    for (const part of parts.whole.length > 0 ? parts.whole : parts.frames.values())
      this.#unreferenced.delete(part);
    return parts;
  }

  #at(location: string): MutableParts {
    const known = this.#parts.get(location);
    if (known !== undefined) return known;
    const parts: MutableParts = { whole: [], frames: new Map() };
    this.#parts.set(location, parts);
    return parts;
  }

  /** What is no URI stands for itself. */
  #resolved(uri: string): string {
    return URL.parse(uri.trim(), this.#baseUrl)?.href ?? uri;
  }
}
