/**
 * Issuers, facilities, devices and keys as the journal tells of them, made or completed by their natural names. What the
 * archive made on its own (a facility that only a receipt names) never stands above what a person said.
 */
import type { JournalFacts, JournalLine } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { ensureIssuer } from './principals.ts';

/** Who decides where no person does. */
const ARCHIVE = 'archive';

/** When, and by whom. */
type Decided = Pick<JournalLine, 'decidedBy' | 'occurredAt'>;

export async function applyIssuerCreated(
  client: Queryable,
  { localNamespace, universalId, universalIdType }: JournalFacts['issuer-created'],
): Promise<void> {
  await ensureIssuer(client, localNamespace);
  if (universalId === undefined || universalIdType === undefined) return;
  await client.query({
    text: `update issuer set universal_id = $2, universal_id_type = $3 where local_namespace = $1
      and not exists (select from issuer o where o.universal_id = $2 and o.universal_id_type = $3)`,
    values: [localNamespace, universalId, universalIdType],
  });
}

export async function applyFacilityCreated(
  client: Queryable,
  fact: JournalFacts['facility-created'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  const patientIssuer = await ensureIssuer(client, fact.patientIssuer);
  const accessionIssuer = await ensureIssuer(client, fact.accessionIssuer);
  await client.query({
    text: `insert into facility as f (code, name, patient_issuer_id, accession_issuer_id, assumed_character_set, created_at)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (code) do update set name = excluded.name, patient_issuer_id = excluded.patient_issuer_id,
        accession_issuer_id = excluded.accession_issuer_id, assumed_character_set = excluded.assumed_character_set,
        created_at = least(f.created_at, excluded.created_at)
      where $7`,
    values: [
      fact.code,
      fact.name,
      patientIssuer.issuerId,
      accessionIssuer.issuerId,
      fact.assumedCharacterSet ?? null,
      occurredAt,
      decidedBy !== ARCHIVE,
    ],
  });
}

/** False: the facility has this equipment under another code. */
export async function applyDeviceCreated(
  client: Queryable,
  fact: JournalFacts['device-created'],
  { occurredAt }: Decided,
): Promise<boolean> {
  const facilityId = await facilityIdOf(client, fact.facility);
  const issuerIdOf = async (namespace: string | undefined) =>
    namespace === undefined ? null : (await ensureIssuer(client, namespace)).issuerId;
  const patientIssuerId = await issuerIdOf(fact.patientIssuer);
  const accessionIssuerId = await issuerIdOf(fact.accessionIssuer);
  await client.query({
    text: `insert into device (facility_id, code, manufacturer, model, serial_number, modality, origin,
        assumed_character_set, patient_issuer_id, accession_issuer_id, quarantine_quota_bytes, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`,
    values: [
      facilityId,
      fact.code,
      fact.manufacturer ?? null,
      fact.model ?? null,
      fact.serialNumber ?? null,
      fact.modality ?? null,
      fact.origin,
      fact.assumedCharacterSet ?? null,
      patientIssuerId,
      accessionIssuerId,
      fact.quarantineQuotaBytes ?? null,
      occurredAt,
    ],
  });
  return (await deviceIdOf(client, fact.code)) !== undefined;
}

export async function applyApiKeyCreated(
  client: Queryable,
  fact: JournalFacts['api-key-created'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  const facilityId = fact.facility === undefined ? null : await facilityIdOf(client, fact.facility);
  const deviceId = fact.device === undefined ? undefined : await deviceIdOf(client, fact.device);
  await client.query({
    text: `insert into api_key (api_key_id, secret_hash, name, roles, facility_id, device_id, created_at, created_by)
      values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    values: [
      fact.apiKeyId,
      Buffer.from(fact.secretHash, 'hex'),
      fact.name,
      fact.roles,
      facilityId,
      deviceId ?? null,
      occurredAt,
      decidedBy,
    ],
  });
}

export async function applyApiKeyRevoked(
  client: Queryable,
  { apiKeyId }: JournalFacts['api-key-revoked'],
  { occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: 'update api_key set revoked_at = $2 where api_key_id = $1 and revoked_at is null',
    values: [apiKeyId, occurredAt],
  });
}

/** The facility of this code; one that only facts name is made under its code. */
export async function facilityIdOf(client: Queryable, code: string): Promise<number> {
  const read = 'select facility_id as id from facility where code = $1';
  const known = await idOf(client, read, code);
  if (known !== undefined) return known;
  const { issuerId } = await ensureIssuer(client, code);
  await client.query({
    text: `insert into facility (code, name, patient_issuer_id, accession_issuer_id) values ($1, $1, $2, $2)
      on conflict do nothing`,
    values: [code, issuerId],
  });
  const made = await idOf(client, read, code);
  if (made === undefined) throw new TypeError('a facility that was inserted is there');
  return made;
}

/** The device of this code; undefined if there is none. */
export function deviceIdOf(client: Queryable, code: string): Promise<number | undefined> {
  return idOf(client, 'select device_id as id from device where code = $1', code);
}

async function idOf(client: Queryable, text: string, code: string): Promise<number | undefined> {
  const found = await client.query<{ id: number }>({ text, values: [code] });
  return found.rows[0]?.id;
}
