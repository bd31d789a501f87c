/** What the adoption of a schedule means, in words. */
import type { DescribedAdoption } from '@sandyq/disposition';
import { formatCount, formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';

/** From when on it is in force, and what becomes of the plans that were made by the one before. */
export function adoptionWords(reference: string, adoption: DescribedAdoption): string {
  const { strandedPlans } = adoption;
  const parts = [whenWords(reference, adoption)];
  if (strandedPlans.length > 0) parts.push(strandedWords(adoption), ...strandedPlans.map(hiddenWords));
  return parts.filter((part) => part !== '').join('\n\n');
}

function whenWords(reference: string, { inForceFrom, inForceUntil, insteadOf }: DescribedAdoption): string {
  if (inForceFrom === undefined)
    return `${reference} is never in force: it has ended, or another version goes before it as long as it is effective.`;
  const until = inForceUntil === undefined ? '' : ` until ${formatTime(inForceUntil)}`;
  const instead = insteadOf === undefined ? '' : `, in place of ${insteadOf}`;
  return `${reference} is in force from ${formatTime(inForceFrom)}${until}${instead}.`;
}

function strandedWords({ strandedPlans, insteadOf = '' }: DescribedAdoption): string {
  const rows = strandedPlans.map((plan) => [
    plan.id,
    plan.kind,
    plan.state,
    plan.planned,
    plan.hidden,
    plan.hiddenKept,
    plan.hiddenForReview,
  ]);
  return [
    `From then on nothing more is hidden or deleted by plans that were made by ${insteadOf}:`,
    table(['PLAN', 'KIND', 'STATE', 'STUDIES', 'HIDDEN', 'OF THEM TO KEEP', 'TO REVIEW'], rows),
  ].join('\n');
}

function hiddenWords(plan: DescribedAdoption['strandedPlans'][number]): string {
  const [show, ...anew] = plan.commands;
  if (plan.hidden === 0 || anew.length === 0)
    return [`Plan ${plan.id}: what is still due is listed anew by`, ...indented(plan.commands)].join('\n');
  const { hidden, hiddenKept, hiddenForReview } = plan;
  const kept = hiddenKept + hiddenForReview;
  const those =
    kept === 0
      ? ''
      : ` The new schedule would not let ${formatCount(kept)} of them go: show them again, or they stay hidden.`;
  return [
    `Plan ${plan.id}: ${formatCount(hidden)} hidden, and neither shown nor deleted until somebody decides.${those}`,
    'Show all of them again:',
    ...indented([show ?? '']),
    'Or list what the new schedule lets go, when its grace has passed; and what is not hidden yet:',
    ...indented(anew),
  ].join('\n');
}

function indented(commands: readonly string[]): string[] {
  return commands.map((command) => `  ${command}`);
}
