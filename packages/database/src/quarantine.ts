/** Quarantine as administrators see it: lists, one entry, and the decision on it. Entries are made in verdicts.ts. */
import type { JournalPlace, QuarantineDescription } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';
import { DURABLE, writeJournalLine } from './journal.ts';

/** `open`: nobody has decided. `replaced`: bytes of an instance whose SOP Instance UID a newcomer was given. */
export type QuarantineState = 'open' | 'accepted' | 'replaced' | 'discarded';

/** What a person can make of an entry. */
export type QuarantineVerdict = 'accepted' | 'discarded';

/** Where bytes lie: an object of its own (checked by its SHA-256), or an entry of a segment. */
export interface QuarantinePlace {
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  /** CRC-32 of each block of a segment's entry; undefined for an object of its own. */
  readonly crc32: Buffer | undefined;
  readonly segmentId: string | undefined;
}

/** One entry. */
export interface Quarantined extends QuarantinePlace {
  readonly quarantineId: number;
  readonly state: QuarantineState;
  /** Name of a failure reason of packages/dicomweb. */
  readonly reason: string;
  readonly message: string;
  readonly sha256: Buffer;
  readonly facilityId: number;
  readonly facilityCode: string;
  readonly deviceId: number | undefined;
  readonly deviceCode: string | undefined;
  readonly principalId: string;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  /** The segment that the bytes came in, which the journal's facts are about; undefined: an object of their own. */
  readonly originSegmentId: string | undefined;
  readonly receivedAt: Date;
  readonly lastReceivedAt: Date;
  readonly timesReceived: number;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
}

/** Which entries; what is absent does not narrow. */
export interface QuarantineFilter {
  readonly facilityId?: number | undefined;
  readonly deviceId?: number | undefined;
  readonly reason?: string | undefined;
  readonly state?: QuarantineState | undefined;
  /** Only entries with a smaller number: the last one of the page before. */
  readonly before?: number | undefined;
}

/** Up to `limit` entries, newest first. */
export async function listQuarantine(
  client: Queryable,
  filter: QuarantineFilter,
  limit: number,
): Promise<Quarantined[]> {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const narrow = (condition: string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(`q.${condition} $${values.length}`);
  };
  narrow('facility_id =', filter.facilityId);
  narrow('device_id =', filter.deviceId);
  narrow('reason =', filter.reason);
  narrow('state =', filter.state);
  narrow('quarantine_id <', filter.before);
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  values.push(limit);
  const result = await client.query<QuarantineRow>({
    text: `${SELECT} ${where} order by q.quarantine_id desc limit $${values.length}`,
    values,
  });
  return result.rows.map(toQuarantined);
}

/** One entry; undefined if there is none of this number. */
export async function findQuarantined(
  client: Queryable,
  quarantineId: number,
): Promise<Quarantined | undefined> {
  const result = await client.query<QuarantineRow>({
    name: 'find-quarantined',
    text: `${SELECT} where q.quarantine_id = $1`,
    values: [quarantineId],
  });
  const [row] = result.rows;
  return row && toQuarantined(row);
}

/** What was decided, and where the bytes are from now on. */
export interface QuarantineDecision {
  readonly quarantineId: number;
  readonly state: QuarantineVerdict;
  readonly decidedBy: string;
  /** The segment that the bytes were taken to; absent: they stay where they are. */
  readonly place?: QuarantinePlace | undefined;
  /** The quarantine object that nothing needs after this decision. */
  readonly leftoverObjectKey?: string | undefined;
}

/**
 * Decides an open entry, with its journal line; call it within a transaction. Throws DatabaseError('conflict') if it is
 * decided already, except by this very decision (a repeat after a COMMIT of unknown outcome).
 */
export async function decideQuarantined(client: Queryable, decision: QuarantineDecision): Promise<void> {
  const before = await findQuarantined(client, decision.quarantineId);
  const decidedAt = await updateDecided(client, decision);
  if (before === undefined || decidedAt === undefined) return assertDecidedSo(client, decision);
  const { state, decidedBy, place, leftoverObjectKey } = decision;
  await writeJournalLine(client, {
    kind: state === 'accepted' ? 'quarantine-accepted' : 'quarantine-discarded',
    decidedBy,
    fact: {
      ...describedForJournal(before),
      place: place && journalPlaceOf(place),
      leftoverObjectKey,
    },
  });
}

async function updateDecided(client: Queryable, decision: QuarantineDecision): Promise<Date | undefined> {
  const { quarantineId, state, decidedBy, place, leftoverObjectKey } = decision;
  const decided = await client.query<{ decided_at: Date }>({
    name: 'decide-quarantined',
    // Accepted bytes of an object of their own have come in the segment that they were taken to.
    text: `update quarantine set state = $2, decided_by = $3, decided_at = now(),
        leftover_object_key = $4, object_key = coalesce($5, object_key), entry_offset = coalesce($6, entry_offset),
        crc32 = coalesce($7, crc32), segment_id = coalesce($8, segment_id),
        origin_segment_id = coalesce($8, origin_segment_id)
      where quarantine_id = $1 and state = 'open' returning decided_at`,
    values: [
      quarantineId,
      state,
      decidedBy,
      leftoverObjectKey ?? null,
      place?.objectKey ?? null,
      place?.entryOffset ?? null,
      place?.crc32 ?? null,
      place?.segmentId ?? null,
    ],
  });
  return decided.rows[0]?.decided_at;
}

function describedForJournal(entry: Quarantined): QuarantineDescription {
  return {
    quarantineId: entry.quarantineId,
    sha256: entry.sha256.toString('hex'),
    reason: entry.reason,
    message: entry.message,
    facility: entry.facilityCode,
    device: entry.deviceCode,
    principal: entry.principalId,
    objectKey: entry.objectKey,
    entryOffset: entry.entryOffset,
    entryLength: entry.entryLength,
    segmentId: entry.originSegmentId,
    studyInstanceUid: entry.studyInstanceUid,
    seriesInstanceUid: entry.seriesInstanceUid,
    sopInstanceUid: entry.sopInstanceUid,
    receivedAt: entry.receivedAt.toISOString(),
  };
}

function journalPlaceOf({ segmentId, objectKey, entryOffset, entryLength }: QuarantinePlace): JournalPlace {
  if (segmentId === undefined) throw new TypeError('accepted bytes are taken to a segment');
  return { segmentId, objectKey, entryOffset, entryLength };
}

async function assertDecidedSo(client: Queryable, decision: QuarantineDecision): Promise<void> {
  const found = await findQuarantined(client, decision.quarantineId);
  const isOurs =
    found?.state === decision.state &&
    found.decidedBy === decision.decidedBy &&
    found.segmentId === (decision.place?.segmentId ?? found.segmentId);
  if (isOurs) return;
  throw new DatabaseError('conflict', `quarantine entry ${decision.quarantineId} is decided already`);
}

/** A quarantine object that nothing needs any more, and where its bytes are now. */
export interface QuarantineLeftover {
  readonly quarantined: Quarantined;
  readonly objectKey: string;
}

/**
 * Objects to delete: of discarded entries at once, of accepted ones after the grace of a superseded object; of either
 * once the decision stands in the journal of the store.
 */
export async function quarantineLeftovers(
  client: Queryable,
  graceSeconds: number,
  limit: number,
): Promise<QuarantineLeftover[]> {
  const result = await client.query<QuarantineRow & { leftover_object_key: string }>({
    name: 'quarantine-leftovers',
    text: `${SELECT} where q.leftover_object_key is not null
        and (q.state = 'discarded' or q.decided_at <= now() - make_interval(secs => $1))
        and exists (select from journal_line l where l.sha256 = q.sha256 and l.kind = 'quarantine-' || q.state
          and l.fact ->> 'leftoverObjectKey' = q.leftover_object_key and ${DURABLE})
      order by q.decided_at limit $2`,
    values: [graceSeconds, limit],
  });
  return result.rows.map((row) => ({ quarantined: toQuarantined(row), objectKey: row.leftover_object_key }));
}

/** Notes that the leftover object is gone, or that it must stay. */
export async function clearQuarantineLeftover(client: Queryable, quarantineId: number): Promise<void> {
  await client.query({
    name: 'clear-quarantine-leftover',
    text: 'update quarantine set leftover_object_key = null where quarantine_id = $1',
    values: [quarantineId],
  });
}

const SELECT = `select q.quarantine_id, q.state, q.reason, q.message, q.sha256, q.facility_id, f.code as facility_code,
    q.device_id, d.code as device_code, q.principal_id, q.object_key, q.entry_offset, q.entry_length, q.crc32,
    q.segment_id, q.origin_segment_id, q.study_instance_uid, q.series_instance_uid, q.sop_instance_uid, q.received_at, q.last_received_at,
    q.times_received, q.decided_by, q.decided_at, q.leftover_object_key
  from quarantine q join facility f on f.facility_id = q.facility_id
  left join device d on d.device_id = q.device_id`;

interface QuarantineRow {
  quarantine_id: number;
  state: QuarantineState;
  reason: string;
  message: string;
  sha256: Buffer;
  facility_id: number;
  facility_code: string;
  device_id: number | null;
  device_code: string | null;
  principal_id: string;
  object_key: string;
  entry_offset: number;
  entry_length: number;
  crc32: Buffer | null;
  segment_id: string | null;
  origin_segment_id: string | null;
  study_instance_uid: string | null;
  series_instance_uid: string | null;
  sop_instance_uid: string | null;
  received_at: Date;
  last_received_at: Date;
  times_received: number;
  decided_by: string | null;
  decided_at: Date | null;
}

function toQuarantined(row: QuarantineRow): Quarantined {
  return {
    quarantineId: row.quarantine_id,
    state: row.state,
    reason: row.reason,
    message: row.message,
    sha256: row.sha256,
    facilityId: row.facility_id,
    facilityCode: row.facility_code,
    deviceId: row.device_id ?? undefined,
    deviceCode: row.device_code ?? undefined,
    principalId: row.principal_id,
    objectKey: row.object_key,
    entryOffset: row.entry_offset,
    entryLength: row.entry_length,
    crc32: row.crc32 ?? undefined,
    segmentId: row.segment_id ?? undefined,
    originSegmentId: row.origin_segment_id ?? undefined,
    studyInstanceUid: row.study_instance_uid ?? undefined,
    seriesInstanceUid: row.series_instance_uid ?? undefined,
    sopInstanceUid: row.sop_instance_uid ?? undefined,
    receivedAt: row.received_at,
    lastReceivedAt: row.last_received_at,
    timesReceived: row.times_received,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  };
}
