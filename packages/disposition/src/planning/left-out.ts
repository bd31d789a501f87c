/** Why studies that were looked at are not in a plan. */

/**
 * - `kept`: their minimum period has not passed;
 * - `review`: a person has to look: an input is missing or contradicts another one, or the rule says so;
 * - `held`: a legal hold binds them;
 * - `planned`: another plan means to dispose of them;
 * - `rejected`: hidden as a whole already: their plan, or a plan of rejections, ends them;
 * - `quarantined`: something of them waits in quarantine and is decided first;
 * - `cold`: they are where they were to be transferred to;
 * - `empty`: nothing of them is left.
 */
export type LeftOutReason =
  | 'kept'
  | 'review'
  | 'held'
  | 'planned'
  | 'rejected'
  | 'quarantined'
  | 'cold'
  | 'empty';

/** How many for each reason. */
export type LeftOut = Record<LeftOutReason, number>;

/** Nothing yet. */
export function noneLeftOut(): LeftOut {
  return { kept: 0, review: 0, held: 0, planned: 0, rejected: 0, quarantined: 0, cold: 0, empty: 0 };
}
