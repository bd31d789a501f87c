/** Reads docs/conformance/ps3.18-statements.tsv: every normative statement of PS3.18 chapters 8, 9, 10 and 13, with a verdict. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the archive makes of a statement. */
export const VERDICTS = ['implemented', 'not', 'not applicable'] as const;
/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number];

/** One row of the table. */
export interface Statement {
  /** Clause and number within it: `8.3.4.1-2`. */
  readonly id: string;
  /** Of PS3.18: `8.3.4.1`. */
  readonly clause: string;
  /** In our words. */
  readonly says: string;
  readonly verdict: Verdict;
  /** Ids of the checks that would fail if it were not so; some for what is implemented, none otherwise. */
  readonly checks: readonly string[];
  /** Why it is not, or not applicable; empty for what is implemented. */
  readonly reason: string;
}

const HEADING = ['clause', 'number', 'says', 'verdict', 'checks', 'reason'].join('\t');
const CLAUSE = /^(8|9|10|13)(\.\d+)*$/;

/** The checked-in table. Throws for a row that is not as the heading says. */
export function readStatements(): Statement[] {
  const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'conformance', 'ps3.18-statements.tsv');
  return parseStatements(readFileSync(path, 'utf8'));
}

/** Statements of a table as text. Throws an error that names the row: a wrong heading or number of columns, an unknown verdict, a repeated row. */
export function parseStatements(text: string): Statement[] {
  const [heading, ...rows] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (heading !== HEADING) throw new Error(`the heading must be ${HEADING}`);
  const statements = rows.map(parseRow);
  const ids = new Set<string>();
  for (const { id } of statements) {
    if (ids.has(id)) throw new Error(`${id} is there twice`);
    ids.add(id);
  }
  return statements;
}

function parseRow(row: string): Statement {
  const columns = row.split('\t');
  const [clause = '', number = '', says = '', verdictText = '', checksText = '', reason = ''] = columns;
  const id = `${clause}-${number}`;
  const verdict = VERDICTS.find((each) => each === verdictText);
  const checks = checksText === '' ? [] : checksText.split(', ');
  if (columns.length !== 6) throw new Error(`${id} has ${columns.length} columns`);
  if (!CLAUSE.test(clause) || !/^[1-9]\d*$/.test(number)) throw new Error(`${id} is no clause with a number`);
  if (verdict === undefined) throw new Error(`${id} has the verdict ${verdictText}`);
  if (says === '' || !says.endsWith('.')) throw new Error(`${id} says nothing, or no sentence`);
  if ((verdict === 'implemented') !== checks.length > 0)
    throw new Error(`${id}: checks and verdict do not agree`);
  if ((verdict === 'implemented') === (reason !== ''))
    throw new Error(`${id}: reason and verdict do not agree`);
  return { id, clause, says, verdict, checks, reason };
}
