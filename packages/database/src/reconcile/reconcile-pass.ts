/** How far the comparison of store and index has come: kept in the database, so that a pass outlives its process. */
import type { Queryable } from '../database.ts';

/** A pass that this process has. */
export interface ReconcilePass {
  readonly passId: number;
  readonly startedAt: Date;
  /** Compares entries with rows, too. */
  readonly isDeep: boolean;
  /** Everything up to this key is done. */
  readonly afterKey: string;
  /** Counts of what is done, as the process before left them. */
  readonly report: unknown;
}

/** What is known of the passes that were. */
export interface LastPass {
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  readonly report: unknown;
}

/** Whom a pass belongs to, and for how long without a sign of life. */
export interface PassHolder {
  readonly holder: string;
  readonly holdSeconds: number;
}

/**
 * The pass that somebody has begun and nobody holds; undefined if there is none, or another process has it. `fromAnybody`
 * takes it from that process, too, which learns of it by {@link advancePass}.
 */
export async function takeOpenPass(
  client: Queryable,
  { holder, holdSeconds, fromAnybody }: PassHolder & { fromAnybody: boolean },
): Promise<ReconcilePass | undefined> {
  const taken = await client.query<PassRow>({
    name: 'take-open-reconcile-pass',
    text: `update reconcile_pass set held_by = $1, held_until = now() + make_interval(secs => $2)
      where ended_at is null and ($3 or held_by = $1 or held_until < now()) returning ${COLUMNS}`,
    values: [holder, holdSeconds, fromAnybody],
  });
  return taken.rows.map(toPass)[0];
}

/** Begins a pass; undefined if one is under way. */
export async function beginPass(
  client: Queryable,
  { holder, holdSeconds, isDeep }: PassHolder & { isDeep: boolean },
): Promise<ReconcilePass | undefined> {
  const begun = await client.query<PassRow>({
    name: 'begin-reconcile-pass',
    text: `insert into reconcile_pass (is_deep, held_by, held_until) values ($1, $2, now() + make_interval(secs => $3))
      on conflict ((true)) where ended_at is null do nothing returning ${COLUMNS}`,
    values: [isDeep, holder, holdSeconds],
  });
  return begun.rows.map(toPass)[0];
}

/** Notes how far the pass is. False: another process has it now. */
export async function advancePass(
  client: Queryable,
  passId: number,
  progress: PassHolder & { afterKey: string; report: object },
): Promise<boolean> {
  const advanced = await client.query({
    name: 'advance-reconcile-pass',
    text: `update reconcile_pass set after_key = $3, report = $4, held_until = now() + make_interval(secs => $5)
      where reconcile_pass_id = $1 and held_by = $2 and ended_at is null`,
    values: [
      passId,
      progress.holder,
      progress.afterKey,
      JSON.stringify(progress.report),
      progress.holdSeconds,
    ],
  });
  return advanced.rowCount === 1;
}

/** Passes that are kept for looking back. */
const KEPT_PASSES = 100;

/** Notes that everything was compared. */
export async function endPass(client: Queryable, passId: number, report: object): Promise<void> {
  await client.query({
    name: 'end-reconcile-pass',
    text: 'update reconcile_pass set ended_at = now(), report = $2 where reconcile_pass_id = $1 and ended_at is null',
    values: [passId, JSON.stringify(report)],
  });
  await client.query({
    name: 'forget-old-reconcile-passes',
    text: `delete from reconcile_pass where ended_at is not null and reconcile_pass_id <=
      (select max(reconcile_pass_id) from reconcile_pass) - $1
      and reconcile_pass_id <> (select max(reconcile_pass_id) from reconcile_pass where is_deep and ended_at is not null)`,
    values: [KEPT_PASSES],
  });
}

/** Gives up the pass that is under way, whoever has it: what it skipped or began must be done from the start. */
export async function abandonPass(client: Queryable): Promise<void> {
  await client.query({ text: 'delete from reconcile_pass where ended_at is null' });
}

/** The newest pass that has ended, and the newest that is under way. */
export async function lastPasses(client: Queryable): Promise<{
  complete: LastPass | undefined;
  open: LastPass | undefined;
  completeDeep: LastPass | undefined;
}> {
  const result = await client.query<PassRow & { ended_at: Date | null; which: string }>({
    name: 'last-reconcile-passes',
    text: `(select 'complete' as which, ended_at, ${COLUMNS} from reconcile_pass where ended_at is not null
        order by reconcile_pass_id desc limit 1)
      union all (select 'deep', ended_at, ${COLUMNS} from reconcile_pass where ended_at is not null and is_deep
        order by reconcile_pass_id desc limit 1)
      union all (select 'open', ended_at, ${COLUMNS} from reconcile_pass where ended_at is null limit 1)`,
  });
  const find = (which: string): LastPass | undefined => {
    const row = result.rows.find((one) => one.which === which);
    return row && { startedAt: row.started_at, endedAt: row.ended_at ?? undefined, report: row.report };
  };
  return { complete: find('complete'), open: find('open'), completeDeep: find('deep') };
}

const COLUMNS = 'reconcile_pass_id, started_at, is_deep, after_key, report';

interface PassRow {
  reconcile_pass_id: number;
  started_at: Date;
  is_deep: boolean;
  after_key: string;
  report: unknown;
}

function toPass(row: PassRow): ReconcilePass {
  return {
    passId: row.reconcile_pass_id,
    startedAt: row.started_at,
    isDeep: row.is_deep,
    afterKey: row.after_key,
    report: row.report,
  };
}
