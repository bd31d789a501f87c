/** Lists that are shown page by page, all in one way. */
import { isUuid } from '@sandyq/database';
import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode, Terminal } from '../admin/administration.ts';
import { numberOf, type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { type Cell, table } from '../terminal/table.ts';

/** Options of such a list. */
export interface PageOptions extends OutputOptions {
  readonly limit: number;
}

/** How the next page is asked for: `after` an id, or `before` it where the newest come first. */
export type NextPage = 'after' | 'before';

/** `--limit`, and `--after` or `--before`, whose text `read` reads. */
export function withPages(command: Command, next: NextPage, read: (text: string) => unknown = idOf): Command {
  return withJson(command)
    .option('--limit <n>', 'at most so many', numberOf, 100)
    .option(`--${next} <id>`, 'the next page: as the page before says', read);
}

/** A page of a list, and how its rows are shown. */
export interface Page<Row> {
  /** What the rows are called in JSON. */
  readonly name: string;
  readonly rows: readonly Row[];
  readonly next: NextPage;
  readonly idOf: (row: Row) => string | number;
  readonly describe: (row: Row) => object;
  readonly columns: readonly (readonly [head: string, cell: (row: Row) => Cell])[];
}

/** Shows a page, and says how to get the next if it is full. */
export function showPage<Row>(terminal: Terminal, options: PageOptions, page: Page<Row>): ExitCode {
  const { rows, columns } = page;
  const last = rows.length < options.limit ? undefined : rows.at(-1);
  const next = last === undefined ? undefined : page.idOf(last);
  if (next !== undefined) terminal.note(`There may be more: --${page.next} ${next}`);
  return show(terminal, options, { [page.name]: rows.map(page.describe), next }, () =>
    table(
      columns.map(([head]) => head),
      rows.map((row) => columns.map(([, cell]) => cell(row))),
    ),
  );
}

/** An id as lists show them. */
export function idOf(text: string): string {
  if (isUuid(text)) return text;
  throw new InvalidArgumentError('It must be an id, as the list shows it.');
}
