/** How a device is doing, as what it sent shows: the administrator's "is this scanner all right?". */
import type { Queryable } from './database.ts';

/** Segments that the clock skew is taken from. */
const CLOCK_SAMPLES = 100;

export interface DeviceCheck {
  /** When it last sent something that is in the archive; repeats of what was there already do not count. */
  readonly lastSuccessAt: Date | undefined;
  /** What was refused last, and is still listed. */
  readonly lastFailure: DeviceFailure | undefined;
  /** The later of the two. */
  readonly lastReceivedAt: Date | undefined;
  /**
   * Median, over its last 100 segments of 7 days, of received time minus the device's own time of creation, in
   * milliseconds: positive where the device's clock is behind. Undefined without samples.
   */
  readonly clockSkewMs: number | undefined;
  readonly clockSamples: number;
  /** Data sets whose character set label is unknown or contradicted by their bytes. */
  readonly characterSetAlarms: { readonly last30Days: number; readonly total: number };
  /** Open entries. */
  readonly quarantine: { readonly entries: number; readonly bytes: number };
  readonly openIdentityConflicts: number;
  readonly openProposedCorrections: number;
}

export interface DeviceFailure {
  readonly quarantineId: number;
  readonly reason: string;
  readonly message: string;
  readonly at: Date;
  readonly timesReceived: number;
}

/** Reads the check of one device; windows of time end at `now`. */
export async function checkDevice(client: Queryable, deviceId: number, now: Date): Promise<DeviceCheck> {
  const lastSuccessAt = await readLastSuccess(client, deviceId);
  const lastFailure = await readLastFailure(client, deviceId);
  const clock = await readClock(client, deviceId, now);
  const counts = await readCounts(client, deviceId, now);
  const times = [lastSuccessAt, lastFailure?.at].flatMap((time) => time?.getTime() ?? []);
  return {
    lastSuccessAt,
    lastFailure,
    lastReceivedAt: times.length === 0 ? undefined : new Date(Math.max(...times)),
    clockSkewMs: clock.skew ?? undefined,
    clockSamples: clock.samples,
    characterSetAlarms: { last30Days: counts.alarms_30_days, total: counts.alarms },
    quarantine: { entries: counts.entries, bytes: counts.bytes },
    openIdentityConflicts: counts.conflicts,
    openProposedCorrections: counts.corrections,
  };
}

/**
 * A segment of which everything was refused is live and holds no instance; one that is not live holds what is known, unless
 * it was rewritten: then its instances say that they came in it.
 */
async function readLastSuccess(client: Queryable, deviceId: number): Promise<Date | undefined> {
  const result = await client.query<{ received_at: Date }>({
    name: 'device-last-success',
    text: `select g.received_at from segment g
      where g.device_id = $1 and ((g.state <> 'live' and g.rewritten_into is null)
        or exists (select from instance i where i.study_key = g.study_key and i.segment_id = g.segment_id)
        or exists (select from instance i where i.study_key = g.study_key and i.origin_segment_id = g.segment_id))
      order by g.received_at desc limit 1`,
    values: [deviceId],
  });
  return result.rows[0]?.received_at;
}

async function readLastFailure(client: Queryable, deviceId: number): Promise<DeviceFailure | undefined> {
  const result = await client.query<{
    quarantine_id: number;
    reason: string;
    message: string;
    last_received_at: Date;
    times_received: number;
  }>({
    name: 'device-last-failure',
    text: `select quarantine_id, reason, message, last_received_at, times_received from quarantine
      where device_id = $1 and state <> 'replaced' order by last_received_at desc, quarantine_id desc limit 1`,
    values: [deviceId],
  });
  const [row] = result.rows;
  return (
    row && {
      quarantineId: row.quarantine_id,
      reason: row.reason,
      message: row.message,
      at: row.last_received_at,
      timesReceived: row.times_received,
    }
  );
}

async function readClock(client: Queryable, deviceId: number, now: Date) {
  const result = await client.query<{ skew: number | null; samples: number }>({
    name: 'device-clock',
    text: `select percentile_cont(0.5) within group (order by clock_offset_ms) as skew, count(*)::int as samples
      from (select clock_offset_ms from segment
        where device_id = $1 and received_at > $2::timestamptz - interval '7 days' and received_at <= $2
          and clock_offset_ms is not null
        order by received_at desc limit ${CLOCK_SAMPLES}) latest`,
    values: [deviceId, now],
  });
  return result.rows[0] ?? { skew: null, samples: 0 };
}

interface DeviceCounts {
  alarms_30_days: number;
  alarms: number;
  entries: number;
  bytes: number;
  conflicts: number;
  corrections: number;
}

async function readCounts(client: Queryable, deviceId: number, now: Date): Promise<DeviceCounts> {
  const result = await client.query<DeviceCounts>({
    name: 'device-counts',
    text: `select alarms.last_30_days as alarms_30_days, alarms.total as alarms, kept.entries, kept.bytes,
        (select count(*)::int from identity_conflict where device_id = $1 and state = 'open') as conflicts,
        (select count(*)::int from proposed_correction where device_id = $1 and state = 'open') as corrections
      from (select coalesce(sum(character_set_alarms), 0)::float8 as total,
          coalesce(sum(character_set_alarms) filter (where received_at > $2::timestamptz - interval '30 days'), 0)::float8
            as last_30_days
        from segment where device_id = $1 and character_set_alarms > 0) alarms,
      (select count(*)::int as entries, coalesce(sum(entry_length), 0)::float8 as bytes
        from quarantine where device_id = $1 and state = 'open') kept`,
    values: [deviceId, now],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('aggregates without a group always give one row');
  return row;
}
