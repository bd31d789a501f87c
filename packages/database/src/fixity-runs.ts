/** Runs of `npm run fixity`: kept so that one that was interrupted can go on, and the last one be shown. */
import type { Queryable } from './database.ts';

/** A run. `options` and `report` are the caller's, as JSON. */
export interface FixityRun<Options, Report> {
  readonly fixityRunId: number;
  readonly startedAt: Date;
  /** What was read at this time or later is not read again. */
  readonly before: Date;
  readonly options: Options;
  readonly report: Report;
  readonly finishedAt: Date | undefined;
}

/** Begins a run. */
export async function beginFixityRun(
  client: Queryable,
  run: { readonly before: Date; readonly options: object; readonly report: object },
): Promise<{ readonly fixityRunId: number; readonly startedAt: Date }> {
  const result = await client.query<{ fixity_run_id: number; started_at: Date }>({
    text: `insert into fixity_run (before, options, report) values ($1, $2, $3) returning fixity_run_id, started_at`,
    values: [run.before, JSON.stringify(run.options), JSON.stringify(run.report)],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('insert … returning returns its row');
  return { fixityRunId: row.fixity_run_id, startedAt: row.started_at };
}

/** The last run, or the last that was not finished. */
export async function lastFixityRun<Options, Report>(
  client: Queryable,
  { unfinished }: { readonly unfinished: boolean },
): Promise<FixityRun<Options, Report> | undefined> {
  const result = await client.query<{
    fixity_run_id: number;
    started_at: Date;
    before: Date;
    options: Options;
    report: Report;
    finished_at: Date | null;
  }>({
    text: `select fixity_run_id, started_at, before, options, report, finished_at from fixity_run
      ${unfinished ? 'where finished_at is null' : ''} order by fixity_run_id desc limit 1`,
  });
  const [row] = result.rows;
  return (
    row && {
      fixityRunId: row.fixity_run_id,
      startedAt: row.started_at,
      before: row.before,
      options: row.options,
      report: row.report,
      finishedAt: row.finished_at ?? undefined,
    }
  );
}

/** Keeps what a run has found so far; `isFinished`: it has read everything. */
export async function saveFixityRun(
  client: Queryable,
  run: { readonly fixityRunId: number; readonly report: object; readonly isFinished: boolean },
): Promise<void> {
  await client.query({
    name: 'save-fixity-run',
    text: `update fixity_run set report = $2, finished_at = case when $3 then now() end where fixity_run_id = $1`,
    values: [run.fixityRunId, JSON.stringify(run.report), run.isFinished],
  });
}
