/** What a rebuild of the index has done so far. */
export interface RebuildReport {
  /** Studies whose segments were all looked at. */
  studies: number;
  /** Segments listed. */
  segments: number;
  /** Bytes of these. */
  bytes: number;
  /** Of the segments, known from before the interruption: nothing of them is read. */
  known: number;
  /** Of the segments, held elsewhere as the journal or a rewrite says: nothing of them is indexed. */
  superseded: number;
  /** Of the segments, disposed of before: nothing of them is indexed, and they are deleted once more. */
  disposed: number;
  /** Instances in the index by it, and entries that are kept without being instances. */
  instances: number;
  /** Keys of segments that are damaged: kept, not indexed. */
  readonly damaged: string[];
}

/** Nothing yet. */
export function emptyRebuildReport(): RebuildReport {
  return {
    studies: 0,
    segments: 0,
    bytes: 0,
    known: 0,
    superseded: 0,
    disposed: 0,
    instances: 0,
    damaged: [],
  };
}

/** What was remembered of an interrupted rebuild; counts that are none begin anew. */
export function resumedReport(remembered: unknown): RebuildReport {
  const report = emptyRebuildReport();
  if (typeof remembered !== 'object' || remembered === null) return report;
  for (const name of [
    'studies',
    'segments',
    'bytes',
    'known',
    'superseded',
    'disposed',
    'instances',
  ] as const) {
    const count: unknown = Reflect.get(remembered, name);
    if (typeof count === 'number') report[name] = count;
  }
  const damaged: unknown = Reflect.get(remembered, 'damaged');
  if (Array.isArray(damaged)) report.damaged.push(...damaged.filter((key) => typeof key === 'string'));
  return report;
}
