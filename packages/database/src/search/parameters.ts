/** What stands in the place of values in the SQL of a search. */

/** Collects values and names their places. */
export class Parameters {
  readonly values: unknown[] = [];

  place(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** DICOM's `*` and `?` (PS3.4 C.2.2.2.4) as SQL's `%` and `_`. */
export function likePattern(pattern: string): string {
  return pattern
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}
