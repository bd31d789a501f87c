/** The holds that bind a study now: asked by everything that would take it away. */
import { activeHolds, type Queryable } from '@sandyq/database';
import { holdsOver, inputsForHolds, type LegalHold, type RetentionSubject } from '@sandyq/retention';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';

/**
 * The holds in force that bind the study, lists and live queries alike; what a query cannot decide it holds. What the
 * schedule in force says of the registers counts. In a transaction that decides: call it after the study is locked; no
 * hold is placed until it ends.
 */
export async function holdsOverStudy(
  client: Queryable,
  subject: RetentionSubject,
  now: Date,
): Promise<LegalHold[]> {
  const holds = await activeHolds(client);
  if (holds.length === 0) return [];
  const schedule = await scheduleInForce(client, now);
  return holdsOver(holds, inputsForHolds(subject, now, schedule?.rules));
}
