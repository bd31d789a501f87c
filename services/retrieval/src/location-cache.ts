/**
 * Where instances lie, remembered: frame tables are parsed once. Nothing remembered is believed before the database was
 * asked whether it is still so, with a statement that begins after the request came and that all requests of the moment
 * share. So an instance that another process has just rejected, replaced or moved is not answered from here.
 */
import {
  checkLocations,
  type Database,
  type InstanceState,
  type LocatedInstance,
  locateInstance,
} from '@sandyq/database';
import type { InstancePath } from '@sandyq/dicomweb';
import { Grouped } from './grouped.ts';

/** All that is remembered takes about this much memory. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Most instances that one statement asks about. */
const MOST_CHECKED = 256;

/** Remembered locations of a process. */
export class LocationCache {
  readonly #database: Database;
  readonly #mostBytes: number;
  readonly #checks: Grouped<LocatedInstance, InstanceState | undefined>;
  /** By path; the one that was asked for longest ago comes first. */
  readonly #known = new Map<string, LocatedInstance>();
  #bytes = 0;

  constructor(database: Database, mostBytes: number = MOST_BYTES) {
    this.#database = database;
    this.#mostBytes = mostBytes;
    this.#checks = new Grouped({
      most: MOST_CHECKED,
      keyOf: ({ location: { studyKey, sopInstanceUid } }) => `${studyKey} ${sopInstanceUid}`,
      run: (instances) =>
        checkLocations(
          database,
          instances.map(({ location }) => location),
        ),
    });
  }

  /** The instance as it is now; undefined unless all UIDs of the path fit an active one. */
  async find(path: InstancePath): Promise<LocatedInstance | undefined> {
    const key = `${path.studyInstanceUid} ${path.seriesInstanceUid} ${path.sopInstanceUid}`;
    const known = this.#known.get(key);
    const current = known && asOf(known, await this.#checks.ask(known));
    if (known !== undefined) this.#forget(key, known);
    const found = current ?? (await locateInstance(this.#database, path));
    if (found !== undefined) this.#remember(key, found);
    return found;
  }

  #remember(key: string, found: LocatedInstance): void {
    const before = this.#known.get(key);
    if (before !== undefined) this.#forget(key, before);
    this.#known.set(key, found);
    this.#bytes += bytesOf(found);
    for (const [oldest, located] of this.#known) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#forget(oldest, located);
    }
  }

  #forget(key: string, located: LocatedInstance): void {
    if (this.#known.get(key) !== located) return;
    this.#known.delete(key);
    this.#bytes -= bytesOf(located);
  }
}

/** What was remembered, if the row is the one that it was read from. */
function asOf(known: LocatedInstance, state: InstanceState | undefined): LocatedInstance | undefined {
  const isSame = state?.rowVersion === known.rowVersion && state.segmentId === known.location.segmentId;
  if (!isSame) return undefined;
  const { facilityId, revision } = state;
  if (facilityId === known.facilityId && revision === known.revision) return known;
  return { ...known, facilityId, revision };
}

/** Objects and strings of a location, and each item of its tables: generous. */
const LOCATION_BYTES = 2_000;
const TABLE_ITEM_BYTES = 64;
const BULK_ITEM_BYTES = 256;

function bytesOf({ location: { crc32, pixelData, bulkData } }: LocatedInstance): number {
  const fragments = pixelData?.kind === 'encapsulated' ? pixelData.fragments.length : 0;
  return LOCATION_BYTES + crc32.length + fragments * TABLE_ITEM_BYTES + bulkData.length * BULK_ITEM_BYTES;
}
