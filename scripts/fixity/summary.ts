/** What a fixity run tells a person, and what it leaves for programs. */
import { type FixityFinding, type FixityReport, summaryOf } from '@sandyq/indexing';
import { formatBytes, formatCount, formatSeconds } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';

/** How the run went, beside its report. */
export interface RunFrame {
  readonly startedAt: Date;
  /** Of this process; a run that went on may be older. */
  readonly seconds: number;
  /** False: it was interrupted, and `--resume` goes on. */
  readonly isFinished: boolean;
}

/** Lines without an end of line at the end. */
export function reportWords(report: FixityReport, { seconds, isFinished }: RunFrame): string {
  const { segments, quarantineObjects, journalBatches, replicaObjects, bytes } = report.read;
  const { damaged, repaired, notRepairable } = summaryOf(report);
  const lines = [
    `${formatBytes(bytes)} read in ${formatSeconds(seconds)}:`,
    `  segments            ${formatCount(segments)}`,
    `  quarantine objects  ${formatCount(quarantineObjects)}`,
    `  journal objects     ${formatCount(journalBatches)}`,
    ...(replicaObjects > 0 ? [`  in the replica      ${formatCount(replicaObjects)}`] : []),
    '',
  ];
  if (damaged === 0) lines.push(isFinished ? 'Everything is whole.' : 'Everything so far is whole.');
  else {
    const rest = damaged - repaired;
    lines.push(
      `${formatCount(damaged)} are missing or damaged, ${formatCount(repaired)} of them repaired.`,
      ...(notRepairable > 0 ? [`${formatCount(notRepairable)} could not be repaired.`] : []),
      '',
      damageTable(report.findings),
    );
    if (rest > notRepairable) lines.push('', 'To repair what can be repaired: npm run fixity -- --repair');
  }
  if (!isFinished) lines.push('', 'It was interrupted. To go on: npm run fixity -- --resume');
  return lines.join('\n');
}

/** As `--json` and `--report` have it. */
export function reportJson(report: FixityReport, { startedAt, isFinished }: RunFrame): object {
  return { startedAt: startedAt.toISOString(), isFinished, ...summaryOf(report), ...report };
}

/** One row for each fault; instances are in the JSON. */
function damageTable(findings: readonly FixityFinding[]): string {
  return table(
    ['WHAT', 'WHERE', 'CONDITION', 'PART', 'BYTE', 'INSTANCES', 'OUTCOME', 'KEY'],
    findings.flatMap((finding) => {
      const { kind, store, key, condition, faults, instances, outcome, remark } = finding;
      const became = remark === undefined ? outcome : `${outcome}: ${remark}`;
      const row = (part: string | undefined, byte: number | undefined) => [
        kind,
        store,
        condition,
        part,
        byte === undefined ? undefined : String(byte),
        instances.length,
        became,
        key,
      ];
      if (kind !== 'segment' || faults.length === 0) return [row(undefined, undefined)];
      return faults.map(({ part, offset, ordinal }) => row(partName(part, ordinal), offset));
    }),
  );
}

function partName(part: string, ordinal: number | undefined): string {
  return ordinal === undefined ? part : `${part} ${ordinal}`;
}
