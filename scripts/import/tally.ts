/** What became of all files, counted by reason, with the names of a few of each. */
import type { FileOutcome } from './import-files.ts';

/** Names kept of each reason: the report has them all. */
const SHOWN_NAMES = 10;

/** Files that share outcome and reason. */
export interface ReasonTally {
  readonly reason: string;
  readonly meaning: string;
  count: number;
  /** The first ones. */
  readonly names: string[];
}

export class Tally {
  files = 0;
  bytes = 0;
  /** Plain success, new or known. */
  plain = 0;
  /** Of these, in the archive before. */
  known = 0;
  readonly warnings = new Map<string, ReasonTally>();
  readonly refusals = new Map<string, ReasonTally>();
  readonly unsent = new Map<string, ReasonTally>();
  /** What was no regular file, or a folder that cannot be read. */
  skipped = 0;

  add(file: FileOutcome): void {
    this.files += 1;
    this.bytes += file.sizeBytes;
    switch (file.outcome) {
      case 'stored':
        this.plain += 1;
        return;
      case 'warning':
        return addTo(this.warnings, file);
      case 'refused':
        return addTo(this.refusals, file);
      case 'not-sent':
        return addTo(this.unsent, file);
      default:
        return file.outcome satisfies never;
    }
  }

  get warned(): number {
    return sum(this.warnings);
  }

  get refused(): number {
    return sum(this.refusals);
  }

  get notSent(): number {
    return sum(this.unsent);
  }

  /** True if every file is in the archive now. */
  get isComplete(): boolean {
    return this.refused === 0 && this.notSent === 0;
  }

  /** For the report. */
  toJson() {
    const reasons = (tallies: ReadonlyMap<string, ReasonTally>) =>
      [...tallies.values()].map(({ reason, meaning, count }) => ({ reason, meaning, count }));
    return {
      files: this.files,
      bytes: this.bytes,
      stored: this.plain - this.known,
      alreadyThere: this.known,
      warnings: reasons(this.warnings),
      refused: reasons(this.refusals),
      notSent: reasons(this.unsent),
      skipped: this.skipped,
    };
  }
}

function addTo(
  tallies: Map<string, ReasonTally>,
  { reason = 'unknown', meaning = '', name }: FileOutcome,
): void {
  const tally = tallies.get(reason) ?? { reason, meaning, count: 0, names: [] };
  tallies.set(reason, tally);
  tally.count += 1;
  if (tally.names.length < SHOWN_NAMES) tally.names.push(name);
}

function sum(tallies: ReadonlyMap<string, ReasonTally>): number {
  return [...tallies.values()].reduce((total, { count }) => total + count, 0);
}
