/** A check of statements of PS3.18 against a running archive, over HTTP. The table says which statements it is for. */
import type { Subject } from './subject.ts';

export interface Check {
  /** As in the column `checks` of docs/conformance/ps3.18-statements.tsv. */
  readonly id: string;
  /** Fails by throwing, as `expect` does. */
  readonly run: (subject: Subject) => Promise<void>;
}

/** Makes a check. */
export function check(id: string, run: (subject: Subject) => Promise<void>): Check {
  return { id, run };
}
