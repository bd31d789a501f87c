/** A plan and what became of each of its items, for people who decide on it and for those who ask later: CSV, JSON, or HTML to be printed. */
import {
  type Database,
  type PlanItem,
  type PlanProgress,
  planProgress,
  readPlan,
  readPlanItems,
} from '@sandyq/database';
import { type DescribedPlan, describePlan, describePlanItem, planStanding } from './describe-plan.ts';
import { htmlEnd, htmlRow, htmlStart } from './plan-report-html.ts';

/** How it can be written. */
export const PLAN_REPORT_FORMATS = ['csv', 'json', 'html'] as const;
/** One of {@link PLAN_REPORT_FORMATS}. */
export type PlanReportFormat = (typeof PLAN_REPORT_FORMATS)[number];

/** Which plan, how, and when it is asked. */
export interface PlanReportRequest {
  readonly planId: string;
  readonly format: PlanReportFormat;
  readonly now: Date;
}

/** A report is written from these. */
interface Writing {
  readonly start: (plan: DescribedPlan, progress: readonly PlanProgress[]) => string;
  readonly row: (item: PlanItem, isFirst: boolean) => string;
  readonly end: string;
}

const ITEMS_AT_ONCE = 1_000;

/**
 * The report's text in pieces, as it is asked for; items are read page by page. Resolves when the plan is found; throws
 * DatabaseError('not-found').
 */
export async function planReport(
  database: Database,
  { planId, format, now }: PlanReportRequest,
): Promise<AsyncIterable<string>> {
  const plan = await readPlan(database, planId);
  const progress = await planProgress(database, plan.planId);
  const described = describePlan(plan, await planStanding(database, now), progress);
  return pieces(database, { plan: described, progress }, WRITINGS[format]);
}

async function* pieces(
  database: Database,
  { plan, progress }: { plan: DescribedPlan; progress: readonly PlanProgress[] },
  { start, row, end }: Writing,
): AsyncGenerator<string, void, undefined> {
  yield start(plan, progress);
  let after = 0;
  for (;;) {
    const items = await readPlanItems(database, plan.id, { after, limit: ITEMS_AT_ONCE });
    yield items.map((item, index) => row(item, after === 0 && index === 0)).join('');
    after = items.at(-1)?.ordinal ?? after;
    if (items.length < ITEMS_AT_ONCE) break;
  }
  yield end;
}

const COLUMNS = [
  'ordinal',
  'studyInstanceUid',
  'facility',
  'rejectionId',
  'action',
  'rule',
  'earliestDisposition',
  'instances',
  'bytes',
  'contentSha256',
  'state',
  'outcome',
  'changedAt',
] as const;

const csv: Writing = { start: () => `${COLUMNS.join(',')}\r\n`, row: (item) => csvRow(item), end: '' };

/** An item as a line of CSV (RFC 4180): CRLF, quotes where they are needed. */
export function csvRow(item: PlanItem): string {
  const described = describePlanItem(item);
  return `${COLUMNS.map((column) => csvCell(described[column])).join(',')}\r\n`;
}

/** A cell that begins like a formula would be run as one by a spreadsheet: it is quoted as text. */
function csvCell(value: string | number | Date | undefined): string {
  if (value === undefined) return '';
  const text = value instanceof Date ? value.toISOString() : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const json: Writing = {
  start: (plan) => `{"plan":${JSON.stringify(plan)},"items":[`,
  row: (item, isFirst) => `${isFirst ? '' : ','}\n${JSON.stringify(describePlanItem(item))}`,
  end: '\n]}\n',
};

const html: Writing = { start: htmlStart, row: htmlRow, end: htmlEnd };

const WRITINGS: Readonly<Record<PlanReportFormat, Writing>> = { csv, json, html };
