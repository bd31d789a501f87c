/** The plans behind a question: what the statements of a search touch. */
import { type Database, type Queryable, search } from '@sandyq/database';
import { parseSearch } from '@sandyq/dicomweb';
import type pg from 'pg';
import type { SearchKey } from './search-keys.ts';

/** One statement of a search. */
export interface ExplainedStatement {
  readonly text: string;
  readonly planningMs: number;
  readonly executionMs: number;
  /** 8 KiB pages that were looked at, in memory or not. */
  readonly pages: number;
  /** Indexes that were used. */
  readonly indexes: readonly string[];
  readonly plan: string;
}

export const LIMIT = 50;

/** Runs the search with its statements explained as well. */
export async function explainSearch(database: Database, key: SearchKey): Promise<ExplainedStatement[]> {
  const statements: ExplainedStatement[] = [];
  const recording: Queryable = {
    query: async <Row extends pg.QueryResultRow>(statement: pg.QueryConfig) => {
      const { text, values } = statement;
      await database.query({ text, ...(values && { values }) });
      const explained = await database.query<{ 'QUERY PLAN': [Explained] }>({
        text: `explain (analyze, buffers, settings, format json) ${text}`,
        ...(values && { values }),
      });
      const [found] = explained.rows[0]?.['QUERY PLAN'] ?? [];
      if (found === undefined) throw new TypeError('an explained statement has a plan');
      statements.push({
        text,
        planningMs: found['Planning Time'],
        executionMs: found['Execution Time'],
        pages: found.Plan['Shared Hit Blocks'] + found.Plan['Shared Read Blocks'],
        indexes: [...new Set(indexesOf(found.Plan))].sort(),
        plan: outline(found.Plan).join('\n'),
      });
      return database.query<Row>({ text, ...(values && { values }) });
    },
  };
  const query = new URLSearchParams(key.query);
  const request = parseSearch(key.level, key, query);
  await search(
    recording,
    { ...request, offset: key.offset ?? 0 },
    {
      limit: LIMIT,
      visibility: { facilityId: key.facilityId },
      crossScriptNames: true,
    },
  );
  return statements;
}

interface Explained {
  readonly 'Planning Time': number;
  readonly 'Execution Time': number;
  readonly Plan: PlanNode;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Actual Rows': number;
  readonly 'Plan Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Actual Total Time': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

function indexesOf(node: PlanNode): string[] {
  const own =
    node['Index Name'] === undefined || node['Actual Loops'] === 0
      ? []
      : [node['Index Name'].replace(/_\d+_/, '_')];
  return [...own, ...(node.Plans ?? []).flatMap(indexesOf)];
}

function outline(node: PlanNode, depth = 0): string[] {
  if (node['Actual Loops'] === 0) return [];
  const what = [node['Node Type'], node['Index Name'] ?? node['Relation Name']].filter(Boolean).join(' ');
  const more = [
    `rows ${node['Actual Rows']} (of ${node['Plan Rows']} expected) × ${node['Actual Loops']}`,
    `${node['Actual Total Time']} ms`,
    `pages ${node['Shared Hit Blocks'] + node['Shared Read Blocks']}`,
    node['Index Cond'] && `cond ${node['Index Cond']}`,
    node.Filter && `filter ${node.Filter} removes ${node['Rows Removed by Filter'] ?? 0}`,
  ].filter(Boolean);
  return [
    `${'  '.repeat(depth)}${what}: ${more.join(', ')}`,
    ...(node.Plans ?? []).flatMap((child) => outline(child, depth + 1)),
  ];
}
