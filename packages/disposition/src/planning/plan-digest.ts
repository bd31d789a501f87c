/** The digest that stands for a plan: two people mean the same list by it, and its execution checks that it still is that list. */
import { createHash, type Hash } from 'node:crypto';
import { type NewPlanItem, type Plan, type Queryable, readPlanItems } from '@sandyq/database';
import { DispositionError } from '../errors.ts';

/** What a plan is made by. */
export type PlanBasis = Pick<Plan, 'planId' | 'kind' | 'schedule' | 'scheduleVersion'>;

/**
 * SHA-256 over lines of UTF-8, each a JSON array and `\n`: first `[plan id, kind, schedule, version]`, then of each item
 * `[ordinal, Study Instance UID, facility, rejection id or null, content's SHA-256 in hex, rule, action, earliest
 * disposition, instances, bytes]`.
 */
export class PlanDigest {
  readonly #hash: Hash = createHash('sha256');

  constructor({ planId, kind, schedule, scheduleVersion }: PlanBasis) {
    this.#line([planId, kind, schedule, scheduleVersion]);
  }

  add(item: NewPlanItem): this {
    this.#line([
      item.ordinal,
      item.studyInstanceUid,
      item.facility,
      item.rejectionId ?? null,
      item.contentSha256.toString('hex'),
      item.rule,
      item.action,
      item.earliestDisposition,
      item.instances,
      item.bytes,
    ]);
    return this;
  }

  digest(): Buffer {
    return this.#hash.digest();
  }

  #line(values: readonly (string | number | null)[]): void {
    this.#hash.update(`${JSON.stringify(values)}\n`);
  }
}

const ITEMS_AT_ONCE = 1_000;

/**
 * Throws DispositionError('conflict') unless the plan's items are those that its digest was made of. An index that was
 * rebuilt knows approved plans without their items: then a new plan is made.
 */
export async function assertPlanIntact(client: Queryable, plan: Plan): Promise<void> {
  const digest = new PlanDigest(plan);
  let after = 0;
  for (;;) {
    const items = await readPlanItems(client, plan.planId, { after, limit: ITEMS_AT_ONCE });
    for (const item of items) digest.add(item);
    after = items.at(-1)?.ordinal ?? after;
    if (items.length < ITEMS_AT_ONCE) break;
  }
  if (digest.digest().equals(plan.sha256)) return;
  throw new DispositionError(
    'conflict',
    `The items of plan ${plan.planId} are not those that were planned: make a new plan.`,
  );
}
