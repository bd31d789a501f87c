/** A schedule in words. */
import type { Keep, Period, RetentionRule, RetentionSchedule, Term } from '@sandyq/retention';
import { details, table } from '../terminal/table.ts';

/** What it says, rule by rule. */
export function scheduleWords(rules: RetentionSchedule): string {
  const { from, until } = rules.effective;
  return [
    details([
      ['schedule', referenceOf(rules)],
      ['title', rules.title],
      ['source', rules.source],
      ['time zone', rules.timeZone],
      ['in force', `from ${from}${until === undefined ? '' : `, before ${until}`}`],
    ]),
    rulesTable(rules),
  ].join('\n\n');
}

/** The cold tier only where a rule speaks of it. */
function rulesTable({ rules }: RetentionSchedule): string {
  const hasCold = rules.some(({ cold }) => cold !== undefined);
  const coldOf = ({ cold }: RetentionRule) => (hasCold ? [cold && termWords(cold)] : []);
  return table(
    ['RULE', 'KEPT', ...(hasCold ? ['COLD AFTER'] : []), 'AT THE END', 'TITLE'],
    rules.map((rule) => [rule.id, keptWords(rule.keep), ...coldOf(rule), rule.atEnd, rule.title]),
  );
}

/** How people name a version. */
export function referenceOf({ schedule, version }: { schedule: string; version: number }): string {
  return `${schedule}@${version}`;
}

function keptWords(keep: Keep): string {
  if (keep === 'for-ever') return 'for ever';
  const most = keep.atMost === undefined ? '' : `, at most ${keep.atMost.map(termWords).join(' and ')}`;
  return `${keep.atLeast.map(termWords).join(' and ')}${most}`;
}

function termWords(term: Term): string {
  if ('untilAge' in term) return `to the age of ${periodWords(term.untilAge)}`;
  return `${periodWords(term.period)} from the ${term.from.replace('-', ' ')}`;
}

function periodWords({ years, months, days }: Period): string {
  const parts = [
    [years, 'y'],
    [months, 'm'],
    [days, 'd'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return told.length === 0 ? '0d' : told.join('');
}
