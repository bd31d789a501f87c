/** The summary of an import, for people. */
import { formatBytes, formatCount, formatSeconds } from '../terminal/format.ts';
import type { ReasonTally, Tally } from './tally.ts';

/** Lines without an end of line at the end. */
export function summaryOf(tally: Tally, seconds: number): string {
  const rate = seconds > 0 ? tally.bytes / seconds : 0;
  const lines = [
    `${formatCount(tally.files)} ${tally.files === 1 ? 'file' : 'files'}, ${formatBytes(tally.bytes)}, in ${formatSeconds(seconds)} (${formatBytes(rate)}/s)`,
    `  stored         ${formatCount(tally.plain - tally.known)}`,
    `  already there  ${formatCount(tally.known)}`,
    ...group('stored with a warning', tally.warned, tally.warnings),
    ...group('refused', tally.refused, tally.refusals),
    ...group('not sent', tally.notSent, tally.unsent),
  ];
  if (tally.skipped > 0)
    lines.push(`  skipped        ${formatCount(tally.skipped)} (links, devices, unreadable folders)`);
  if (tally.refused > 0) {
    lines.push('', 'What was refused is in quarantine: npm run admin -- quarantine list');
  }
  return lines.join('\n');
}

function group(title: string, count: number, tallies: ReadonlyMap<string, ReasonTally>): string[] {
  if (count === 0) return [];
  const reasons = [...tallies.values()].sort((a, b) => b.count - a.count);
  return [`  ${title}: ${formatCount(count)}`, ...reasons.flatMap(reasonLines)];
}

function reasonLines({ reason, meaning, count, names }: ReasonTally): string[] {
  const more = count > names.length ? [`        … and ${formatCount(count - names.length)} more`] : [];
  return [
    `    ${formatCount(count)}  ${reason}${meaning === '' ? '' : `: ${meaning}`}`,
    ...names.map((name) => `        ${name}`),
    ...more,
  ];
}
