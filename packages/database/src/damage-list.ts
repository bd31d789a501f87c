/** What an administrator is told of damage. */
import type { DamageFinder, DamageKind } from './damage.ts';
import type { Queryable } from './database.ts';

/** One finding. */
export interface ListedDamage {
  readonly damageId: number;
  readonly segmentId: string;
  readonly objectKey: string;
  /** Entry of the segment; undefined: all of it; BETWEEN_ENTRIES: no entry. */
  readonly ordinal: number | undefined;
  readonly kind: DamageKind;
  readonly what: string;
  readonly foundBy: DamageFinder;
  readonly foundAt: Date;
  readonly repairedAt: Date | undefined;
  readonly facilityCode: string | undefined;
  readonly studyInstanceUid: string | undefined;
  /** Instances that are marked because of it now. */
  readonly instances: number;
}

/** Which findings: those that are open, unless told otherwise. */
export interface DamageFilter {
  readonly facilityId?: number | undefined;
  readonly includeRepaired?: boolean | undefined;
  /** Only those with a smaller id: the next page. */
  readonly before?: number | undefined;
}

/** Findings, newest first. */
export async function listDamage(
  client: Queryable,
  filter: DamageFilter,
  limit: number,
): Promise<ListedDamage[]> {
  const result = await client.query<DamageRow>({
    text: `select d.damage_id, d.segment_id, g.object_key, d.ordinal, d.kind, d.what, d.found_by, d.found_at,
        d.repaired_at, f.code as facility_code, s.study_instance_uid,
        (select count(*) from instance i where i.segment_id = d.segment_id and i.is_damaged
          and d.repaired_at is null and (d.ordinal is null or i.ordinal = d.ordinal)) as instances
      from damage d
      join segment g on g.segment_id = d.segment_id
      left join facility f on f.facility_id = g.facility_id
      left join study s on s.study_key = g.study_key
      where ($1::bigint is null or g.facility_id = $1)
        and ($2 or d.repaired_at is null) and ($3::bigint is null or d.damage_id < $3)
      order by d.damage_id desc limit $4`,
    values: [filter.facilityId ?? null, filter.includeRepaired ?? false, filter.before ?? null, limit],
  });
  return result.rows.map(toListed);
}

interface DamageRow {
  damage_id: number;
  segment_id: string;
  object_key: string;
  ordinal: number | null;
  kind: DamageKind;
  what: string;
  found_by: DamageFinder;
  found_at: Date;
  repaired_at: Date | null;
  facility_code: string | null;
  study_instance_uid: string | null;
  instances: number;
}

function toListed(row: DamageRow): ListedDamage {
  return {
    damageId: row.damage_id,
    segmentId: row.segment_id,
    objectKey: row.object_key,
    ordinal: row.ordinal ?? undefined,
    kind: row.kind,
    what: row.what,
    foundBy: row.found_by,
    foundAt: row.found_at,
    repairedAt: row.repaired_at ?? undefined,
    facilityCode: row.facility_code ?? undefined,
    studyInstanceUid: row.study_instance_uid ?? undefined,
    instances: row.instances,
  };
}

/** An open quarantine entry whose object is gone or damaged. */
export interface MissingQuarantine {
  readonly quarantineId: number;
  readonly objectKey: string;
  readonly condition: DamageKind;
  readonly facilityCode: string;
  readonly receivedAt: Date;
}

/** Open entries whose object is gone or damaged, newest first. */
export async function listMissingQuarantine(
  client: Queryable,
  filter: Omit<DamageFilter, 'includeRepaired'>,
  limit: number,
): Promise<MissingQuarantine[]> {
  const result = await client.query<MissingQuarantineRow>({
    text: `select q.quarantine_id, q.object_key, q.condition, f.code as facility_code, q.received_at
      from quarantine q join facility f on f.facility_id = q.facility_id
      where q.condition <> 'whole' and q.state = 'open' and ($1::bigint is null or q.facility_id = $1)
        and ($2::bigint is null or q.quarantine_id < $2)
      order by q.quarantine_id desc limit $3`,
    values: [filter.facilityId ?? null, filter.before ?? null, limit],
  });
  return result.rows.map((row) => ({
    quarantineId: row.quarantine_id,
    objectKey: row.object_key,
    condition: row.condition,
    facilityCode: row.facility_code,
    receivedAt: row.received_at,
  }));
}

interface MissingQuarantineRow {
  quarantine_id: number;
  object_key: string;
  condition: DamageKind;
  facility_code: string;
  received_at: Date;
}
