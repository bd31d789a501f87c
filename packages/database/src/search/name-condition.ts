/** Person names of a search as SQL: as written, in other scripts, fuzzily (PS3.4 C.2.2.2.1, C.2.2.2.4; docs/decisions/0022). */
import { fuzzyWords, personNameKey, readingPatterns } from '@sandyq/dicom';
import type { Filter } from '@sandyq/dicomweb';
import { likePattern, type Parameters } from './parameters.ts';
import type { SearchedColumn } from './searched-columns.ts';

type NameMatch = Extract<Filter['match'], { kind: 'person-name' }>;
type NameColumn = Extract<SearchedColumn, { kind: 'name' }>;

/** How names are matched beyond what is written. */
export interface NameMatching {
  /** PS3.18 §8.3.4.2. */
  readonly fuzzy: boolean;
  /** Whether names in other scripts match too. */
  readonly acrossScripts: boolean;
}

/** SQL that is true for rows with such a name. */
export function nameCondition(
  column: NameColumn,
  match: NameMatch,
  { parameters, matching }: { parameters: Parameters; matching: NameMatching },
): string {
  const written = writtenCondition(column.keys, match, parameters);
  const groups =
    'anyGroup' in match ? [match.anyGroup] : [match.alphabetic, match.ideographic, match.phonetic];
  const fuzzy = matching.fuzzy ? fuzzyConditions(column, groups, parameters) : [];
  // Who names a component group means that group as it is written.
  const across =
    matching.acrossScripts && 'anyGroup' in match
      ? readingsConditions(column, match.anyGroup, parameters)
      : [];
  return anyOf([written, ...across, ...fuzzy]);
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'false' : `(${conditions.join(' or ')})`;
}

function allOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : `(${conditions.join(' and ')})`;
}

function writtenCondition(keys: NameColumn['keys'], match: NameMatch, parameters: Parameters): string {
  const matches = (sql: string, text: string) => {
    const key = personNameKey(text);
    if (!match.hasWildcards) return `${sql} = ${parameters.place(key)}`;
    return `${sql} like ${parameters.place(likePattern(key))}`;
  };
  const known = keys.filter((key) => key !== undefined);
  if ('anyGroup' in match) return anyOf(known.map((sql) => matches(sql, match.anyGroup)));
  const groups = [match.alphabetic, match.ideographic, match.phonetic];
  const conditions = groups.flatMap((group, index) => {
    if (group === undefined) return [];
    const sql = keys[index];
    return sql === undefined ? ['false'] : [matches(sql, group)];
  });
  return allOf(conditions);
}

/** Alternatives; none for a query that no rule reads. */
function readingsConditions(column: NameColumn, query: string, parameters: Parameters): string[] {
  return readingPatterns(query).map((patterns) =>
    allOf(patterns.map((pattern) => `${column.readings} ~ ${parameters.place(pattern)}`)),
  );
}

/** One alternative: every word of every group is found; none where a word is in a script that no rule reads. */
function fuzzyConditions(
  column: NameColumn,
  groups: readonly (string | undefined)[],
  parameters: Parameters,
): string[] {
  const words = groups.flatMap((group) => (group === undefined ? [] : fuzzyWords(group)));
  const known = words.filter((word) => word !== undefined);
  if (known.length === 0 || known.length < words.length) return [];
  const conditions = known.map(({ pattern, sounds }) =>
    anyOf([
      ...(pattern === undefined ? [] : [`${column.readings} ~ ${parameters.place(pattern)}`]),
      ...(sounds.length === 0 ? [] : [`${column.sounds} && ${parameters.place(sounds)}::text[]`]),
    ]),
  );
  return [allOf(conditions)];
}
