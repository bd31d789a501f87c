/** What a comparison of store and index has found and done. */

/** Counts, and the keys of what a person should know of. */
export interface ReconcileReport {
  /** Segments in the store. */
  listed: number;
  /** Segments that the index says are in the store. */
  rows: number;
  /** Of the listed, unknown to the index, or without all their verdicts. */
  unknown: number;
  /** Of the unknown, taken into the index. */
  replayed: number;
  /** Of the unknown, held in whole by others: known as superseded now. */
  superseded: number;
  /** Of the unknown, disposed of before: to be deleted once more. */
  disposed: number;
  /** Of the unknown, too young to be examined: on their way through a living process, as a rule. */
  young: number;
  /** Known segments of which entries had no rows any more. */
  incomplete: number;
  /** Of these, whose rows were made again. */
  restored: number;
  /** Segments that were missing or damaged and are whole again. */
  whole: number;
  /** Instances that became unavailable by what was found. */
  instances: number;
  /** Objects in quarantine, and open entries with an object of their own. */
  quarantineListed: number;
  quarantineRows: number;
  /** Segments that wait to be superseded because everything in them is held elsewhere. */
  duplicates: number;
  /** Unsealed spool files of dead processes, and sealed segments they left, which are stored now. */
  spoolFilesRemoved: number;
  spoolSegmentsRecovered: number;
  /** Multipart uploads and temporary files that nobody finished; undefined: not looked for. */
  unfinishedRemoved: number | undefined;
  /** Keys of segments that are not whole, known or not. */
  readonly damaged: string[];
  /** Keys of segments that the index knows and the store does not have. */
  readonly missing: string[];
  /** Keys of open quarantine entries whose object is gone or of another size. */
  readonly missingQuarantine: string[];
  /** Keys of quarantine objects that no entry speaks of. */
  readonly unlisted: string[];
  /** Keys that are not of this archive. */
  readonly foreign: string[];
  /** Keys of whole segments that could not be indexed. */
  readonly failed: string[];
  /** How many keys more there are than the lists above name. */
  unnamed: number;
}

/** The lists of a report. */
export type ReportList = 'damaged' | 'missing' | 'missingQuarantine' | 'unlisted' | 'foreign' | 'failed';

/** Keys that a list names; the others are counted, and `damage list` shows them all. */
export const NAMED_KEYS = 1_000;

export function emptyReport(): ReconcileReport {
  return {
    listed: 0,
    rows: 0,
    unknown: 0,
    replayed: 0,
    superseded: 0,
    disposed: 0,
    young: 0,
    incomplete: 0,
    restored: 0,
    whole: 0,
    instances: 0,
    quarantineListed: 0,
    quarantineRows: 0,
    duplicates: 0,
    spoolFilesRemoved: 0,
    spoolSegmentsRecovered: 0,
    unfinishedRemoved: undefined,
    damaged: [],
    missing: [],
    missingQuarantine: [],
    unlisted: [],
    foreign: [],
    failed: [],
    unnamed: 0,
  };
}

/** Adds a key to a list. */
export function report(to: ReconcileReport, list: ReportList, key: string): void {
  if (to[list].length < NAMED_KEYS) to[list].push(key);
  else to.unnamed += 1;
}

/** The report of a pass that another process began, as the database kept it. */
export function continuedReport(kept: unknown): ReconcileReport {
  const result = emptyReport();
  if (typeof kept !== 'object' || kept === null) return result;
  for (const name of Object.keys(result) as (keyof ReconcileReport)[]) {
    const value: unknown = Reflect.get(kept, name);
    const known = result[name];
    if (Array.isArray(known)) {
      if (Array.isArray(value)) known.push(...value.filter((key) => typeof key === 'string'));
    } else if (typeof value === 'number') Reflect.set(result, name, value);
  }
  return result;
}

/** Whether something is wrong that a person must see to. */
export function isAnythingWrong(of: ReconcileReport): boolean {
  const { damaged, missing, missingQuarantine, failed, unnamed } = of;
  return damaged.length + missing.length + missingQuarantine.length + failed.length + unnamed > 0;
}
