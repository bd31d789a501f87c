/** Facilities, issuers and devices: made by administrators, read by every request through a cache. */
import type { Database, Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';
import { writeJournalLine } from './journal.ts';
import { one, rows } from './read-rows.ts';

export interface Facility {
  readonly facilityId: number;
  readonly code: string;
  readonly name: string;
  readonly patientIssuerId: number;
  readonly accessionIssuerId: number;
  readonly assumedCharacterSet: string | undefined;
}

export interface Issuer {
  readonly issuerId: number;
  /** As in Issuer of Patient ID (0010,0021). */
  readonly localNamespace: string;
  readonly universalId: string | undefined;
  readonly universalIdType: string | undefined;
}

export type DeviceOrigin = 'local' | 'assembled' | 'imported';

export interface Device {
  readonly deviceId: number;
  readonly facilityId: number;
  readonly code: string;
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
  readonly modality: string | undefined;
  readonly origin: DeviceOrigin;
  readonly assumedCharacterSet: string | undefined;
  readonly patientIssuerId: number | undefined;
  readonly accessionIssuerId: number | undefined;
  readonly quarantineQuotaBytes: number | undefined;
  /** What was received before is not tied to it. */
  readonly createdAt: Date;
}

const FACILITY_COLUMNS = `facility_id as "facilityId", code, name, patient_issuer_id as "patientIssuerId",
  accession_issuer_id as "accessionIssuerId", assumed_character_set as "assumedCharacterSet"`;
const ISSUER_COLUMNS = `issuer_id as "issuerId", local_namespace as "localNamespace", universal_id as "universalId",
  universal_id_type as "universalIdType"`;
const DEVICE_COLUMNS = `device_id as "deviceId", facility_id as "facilityId", code, manufacturer, model,
  serial_number as "serialNumber", modality, origin, assumed_character_set as "assumedCharacterSet",
  patient_issuer_id as "patientIssuerId", accession_issuer_id as "accessionIssuerId",
  quarantine_quota_bytes as "quarantineQuotaBytes", created_at as "createdAt"`;
export async function listFacilities(client: Queryable): Promise<Facility[]> {
  return rows<Facility>(client, `select ${FACILITY_COLUMNS} from facility order by code`);
}

export async function listIssuers(client: Queryable): Promise<Issuer[]> {
  return rows<Issuer>(client, `select ${ISSUER_COLUMNS} from issuer order by local_namespace`);
}

export async function listDevices(client: Queryable): Promise<Device[]> {
  return rows<Device>(client, `select ${DEVICE_COLUMNS} from device order by code`);
}

/** The issuer with this namespace, made when it is new: identifiers of unknown issuers are kept apart from all others. */
export async function ensureIssuer(client: Queryable, localNamespace: string): Promise<Issuer> {
  const read = `select ${ISSUER_COLUMNS} from issuer where local_namespace = $1`;
  const [known] = await rows<Issuer>(client, read, [localNamespace]);
  if (known !== undefined) return known;
  await rows(client, 'insert into issuer (local_namespace) values ($1) on conflict do nothing', [
    localNamespace,
  ]);
  return one(await rows<Issuer>(client, read, [localNamespace]), 'issuer');
}

export interface NewIssuer {
  readonly localNamespace: string;
  readonly universalId?: string | undefined;
  readonly universalIdType?: string | undefined;
}

export async function createIssuer(client: Queryable, issuer: NewIssuer, decidedBy: string): Promise<Issuer> {
  const created = one(
    await rows<Issuer>(
      client,
      `insert into issuer (local_namespace, universal_id, universal_id_type) values ($1, $2, $3) returning ${ISSUER_COLUMNS}`,
      [issuer.localNamespace, issuer.universalId ?? null, issuer.universalIdType ?? null],
    ),
    'issuer',
  );
  const { localNamespace, universalId, universalIdType } = created;
  const fact = { localNamespace, universalId, universalIdType };
  await writeJournalLine(client, { kind: 'issuer-created', decidedBy, fact });
  return created;
}

export interface NewFacility {
  readonly code: string;
  readonly name: string;
  /** Namespaces assigned to identifiers without an issuer; both default to the facility's code. */
  readonly patientIssuer?: string | undefined;
  readonly accessionIssuer?: string | undefined;
  readonly assumedCharacterSet?: string | undefined;
}

export async function createFacility(
  client: Queryable,
  facility: NewFacility,
  decidedBy: string,
): Promise<Facility> {
  const patientIssuer = await ensureIssuer(client, facility.patientIssuer ?? facility.code);
  const accessionIssuer = await ensureIssuer(client, facility.accessionIssuer ?? facility.code);
  const created = one(
    await rows<Facility>(
      client,
      `insert into facility (code, name, patient_issuer_id, accession_issuer_id, assumed_character_set)
        values ($1, $2, $3, $4, $5) returning ${FACILITY_COLUMNS}`,
      [
        facility.code,
        facility.name,
        patientIssuer.issuerId,
        accessionIssuer.issuerId,
        facility.assumedCharacterSet ?? null,
      ],
    ),
    'facility',
  );
  const { code, name, assumedCharacterSet } = created;
  await writeJournalLine(client, {
    kind: 'facility-created',
    decidedBy,
    fact: {
      code,
      name,
      patientIssuer: patientIssuer.localNamespace,
      accessionIssuer: accessionIssuer.localNamespace,
      assumedCharacterSet,
    },
  });
  return created;
}

export interface NewDevice {
  readonly facilityCode: string;
  readonly code: string;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly modality?: string | undefined;
  readonly origin: DeviceOrigin;
  readonly assumedCharacterSet?: string | undefined;
  readonly patientIssuer?: string | undefined;
  readonly accessionIssuer?: string | undefined;
  readonly quarantineQuotaBytes?: number | undefined;
}

export async function createDevice(client: Queryable, device: NewDevice, decidedBy: string): Promise<Device> {
  const facility = await facilityByCode(client, device.facilityCode);
  const issuerId = async (namespace: string | undefined) =>
    namespace === undefined ? null : (await ensureIssuer(client, namespace)).issuerId;
  const created = one(
    await rows<Device>(
      client,
      `insert into device (facility_id, code, manufacturer, model, serial_number, modality, origin, assumed_character_set,
        patient_issuer_id, accession_issuer_id, quarantine_quota_bytes)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${DEVICE_COLUMNS}`,
      [
        facility.facilityId,
        device.code,
        device.manufacturer ?? null,
        device.model ?? null,
        device.serialNumber ?? null,
        device.modality ?? null,
        device.origin,
        device.assumedCharacterSet ?? null,
        await issuerId(device.patientIssuer),
        await issuerId(device.accessionIssuer),
        device.quarantineQuotaBytes ?? null,
      ],
    ),
    'device',
  );
  const { facilityCode, ...described } = device;
  const fact = { facility: facilityCode, ...described };
  await writeJournalLine(client, { kind: 'device-created', decidedBy, fact });
  return created;
}

export async function facilityByCode(client: Queryable, code: string): Promise<Facility> {
  return one(
    await rows<Facility>(client, `select ${FACILITY_COLUMNS} from facility where code = $1`, [code]),
    `facility ${code}`,
  );
}

/** The facility of this number, which there is. */
export async function facilityById(client: Queryable, facilityId: number): Promise<Facility> {
  return one(
    await rows<Facility>(client, `select ${FACILITY_COLUMNS} from facility where facility_id = $1`, [
      facilityId,
    ]),
    'facility',
  );
}

export async function deviceByCode(client: Queryable, code: string): Promise<Device> {
  return one(
    await rows<Device>(client, `select ${DEVICE_COLUMNS} from device where code = $1`, [code]),
    `device ${code}`,
  );
}

/** The facility of senders without one, for an archive in single-user mode: made once. */
export async function ensureFacility(database: Database, facility: NewFacility): Promise<Facility> {
  const known = (await listFacilities(database)).find(({ code }) => code === facility.code);
  if (known !== undefined) return known;
  try {
    return await database.inTransaction((client) => createFacility(client, facility, 'archive'));
  } catch (error) {
    // Another process was quicker.
    if (error instanceof DatabaseError && error.code === 'conflict')
      return facilityByCode(database, facility.code);
    throw error;
  }
}
