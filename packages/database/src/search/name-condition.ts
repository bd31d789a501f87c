/** Person names of a search as SQL: as written, in other scripts, fuzzily (PS3.4 C.2.2.2.1, C.2.2.2.4; docs/decisions/0022). */
import {
  fuzzyWords,
  patternRuns,
  patternTokens,
  personNameKey,
  type ReadingToken,
  readingPatterns,
} from '@sandyq/dicom';
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
  return readingPatterns(query).map((patterns) => allOf(foundInReadings(column, patterns, parameters)));
}

/** All of the patterns are found: in the index of tokens together, those with wild cards before their end each by its letters. */
function foundInReadings(
  { readings, tokens }: NameColumn,
  patterns: readonly string[],
  parameters: Parameters,
): string[] {
  const found = patterns.map((pattern) => ({ pattern, tokens: patternTokens(pattern) }));
  const queries = found.flatMap((one) => (one.tokens === undefined ? [] : [tokenQuery(one.tokens)]));
  return [
    ...(queries.length === 0 ? [] : [`${tokens} @@ ${parameters.place(queries.join(' & '))}::tsquery`]),
    ...found.flatMap((one) =>
      one.tokens === undefined ? [foundByLetters(readings, one.pattern, parameters)] : [],
    ),
  ];
}

/** The index looks for letters in a row, which is soon done; whether they stand where they should is seen in the few names left. */
function foundByLetters(readings: string, pattern: string, parameters: Parameters): string {
  const place = parameters.place(pattern);
  const runs = patternRuns(pattern);
  if (runs === undefined) return `${readings} ~ ${place}`;
  const some = runs.map((run) => `${readings} like ${parameters.place(`%${run}%`)}`);
  // Within a function the planner neither looks for it in the index nor takes it for rarer than the letters.
  return `(${anyOf(some)} and coalesce(${readings} ~ ${place}, false))`;
}

/** One of the tokens, as PostgreSQL's text search has it. */
function tokenQuery(tokens: readonly ReadingToken[]): string {
  const words = tokens.map(
    ({ text, isBeginning }) => `'${text.replaceAll("'", "''")}'${isBeginning ? ':*' : ''}`,
  );
  return `(${words.join(' | ')})`;
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
      ...(pattern === undefined ? [] : foundInReadings(column, [pattern], parameters)),
      ...(sounds.length === 0 ? [] : [`${column.sounds} && ${parameters.place(sounds)}::text[]`]),
    ]),
  );
  return [allOf(conditions)];
}
