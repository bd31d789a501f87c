/**
 * Keys of the series that this process has lately committed to. Rows of studies and series are removed by
 * dispositions only, their keys are never given again, and whose a study is never changes; the transaction asserts what is
 * kept all the same, also because the database may have been put back to an earlier state behind our back.
 */
import type { SegmentCommit } from './facts.ts';
import type { SeriesKeys } from './series-keys.ts';

/** About 4 MB. */
const MOST_SERIES = 8_192;

type SeriesOf = Pick<SegmentCommit, 'studyInstanceUid' | 'seriesInstanceUid'>;

/** A bounded memory of one process; the oldest are forgotten. */
export class KnownSeries {
  readonly #keys = new Map<string, SeriesKeys>();
  readonly #most: number;

  constructor(most = MOST_SERIES) {
    this.#most = most;
  }

  get(series: SeriesOf): SeriesKeys | undefined {
    return this.#keys.get(nameOf(series));
  }

  add(series: SeriesOf, keys: SeriesKeys): void {
    this.#keys.set(nameOf(series), keys);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= this.#most) return;
      this.#keys.delete(oldest);
    }
  }

  forget(series: SeriesOf): void {
    this.#keys.delete(nameOf(series));
  }
}

function nameOf({ studyInstanceUid, seriesInstanceUid }: SeriesOf): string {
  return `${studyInstanceUid} ${seriesInstanceUid}`;
}
