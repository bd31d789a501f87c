/** A plan in words. */
import type { Queryable } from '@sandyq/database';
import type { DescribedPlan } from '@sandyq/disposition';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import { namesOfPeople } from './people.ts';

/** What a person reads before deciding on it. */
export async function planWords(database: Queryable, plan: DescribedPlan): Promise<string> {
  const { progress = [], createdBy, approvedBy, withdrawnBy } = plan;
  const nameOf = await namesOfPeople(database, [createdBy, approvedBy, withdrawnBy]);
  const head = details([
    ['plan', plan.id],
    ['kind', plan.kind === 'schedule' ? 'studies by the schedule' : 'rejected instances'],
    ['state', plan.state],
    ['schedule', `${plan.schedule}@${plan.scheduleVersion}`],
    ['digest', plan.sha256],
    ['studies', formatCount(plan.studies)],
    ['instances', formatCount(plan.instances)],
    ['bytes', formatBytes(plan.bytes)],
    ['made', `${formatTime(plan.createdAt)} by ${nameOf(createdBy)}`],
    ['approved', plan.approvedAt && `${formatTime(plan.approvedAt)} by ${nameOf(approvedBy) ?? ''}`],
    ['withdrawn', plan.withdrawnAt && `${formatTime(plan.withdrawnAt)} by ${nameOf(withdrawnBy) ?? ''}`],
    ['expires', formatTime(plan.expiresAt)],
  ]);
  if (progress.length === 0) return head;
  const rows = progress.map((one) => [
    one.state,
    one.action,
    one.studies,
    one.instances,
    formatBytes(one.bytes),
  ]);
  return `${head}\n\n${table(['STATE', 'ACTION', 'ITEMS', 'INSTANCES', 'BYTES'], rows)}`;
}
