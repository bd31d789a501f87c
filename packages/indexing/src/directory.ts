/**
 * Facilities, devices and issuers as ingest needs them for every instance: read from the database, kept for a few
 * seconds. A change by an administrator takes effect at the next reading.
 */
import {
  type Database,
  type Device,
  ensureIssuer,
  type Facility,
  type Issuer,
  listDevices,
  listFacilities,
  listIssuers,
} from '@sandyq/database';
import { RecentReading } from './recent-reading.ts';

/** How long a reading is believed, in milliseconds. */
const BELIEVED_MS = 5_000;

interface Reading {
  readonly facilities: ReadonlyMap<number, Facility>;
  readonly devices: ReadonlyMap<number, Device>;
  readonly issuers: Map<string, Issuer>;
}

export class Directory {
  readonly #database: Database;
  readonly #recent: RecentReading<Reading>;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#recent = new RecentReading({ read: () => this.#read(), believedMs: BELIEVED_MS, monotonicMs: now });
  }

  async facility(facilityId: number): Promise<Facility | undefined> {
    return (await this.#recent.current()).facilities.get(facilityId);
  }

  async facilityByCode(code: string): Promise<Facility | undefined> {
    const { facilities } = await this.#recent.current();
    return [...facilities.values()].find((facility) => facility.code === code);
  }

  async device(deviceId: number): Promise<Device | undefined> {
    return (await this.#recent.current()).devices.get(deviceId);
  }

  /** The devices of a facility. */
  async devicesOf(facilityId: number): Promise<Device[]> {
    const { devices } = await this.#recent.current();
    return [...devices.values()].filter((device) => device.facilityId === facilityId);
  }

  /** The issuer of this namespace; an unknown one is made, so that its identifiers stay apart from all others. */
  async issuer(localNamespace: string): Promise<Issuer> {
    const { issuers } = await this.#recent.current();
    const known = issuers.get(localNamespace);
    if (known !== undefined) return known;
    const issuer = await ensureIssuer(this.#database, localNamespace);
    issuers.set(localNamespace, issuer);
    return issuer;
  }

  async #read(): Promise<Reading> {
    const [facilities, devices, issuers] = await Promise.all([
      listFacilities(this.#database),
      listDevices(this.#database),
      listIssuers(this.#database),
    ]);
    return {
      facilities: new Map(facilities.map((facility) => [facility.facilityId, facility])),
      devices: new Map(devices.map((device) => [device.deviceId, device])),
      issuers: new Map(issuers.map((issuer) => [issuer.localNamespace, issuer])),
    };
  }
}
