/** The table of normative statements is well-formed, and one that is not is refused with its row named. */
import { describe, expect, it } from 'vitest';
import { parseStatements, readStatements } from './read-statements.ts';

const heading = 'clause\tnumber\tsays\tverdict\tchecks\treason';

describe('the table of statements', () => {
  it('has statements of chapters 8, 9, 10 and 13, in the order of the standard', () => {
    const statements = readStatements();
    const chapters = new Set(statements.map(({ clause }) => clause.split('.')[0]));
    expect([...chapters]).toEqual(['8', '9', '10', '13']);
    const places = statements.map(({ id }) => id.split(/[.-]/).map(Number));
    expect(places).toEqual([...places].sort(byClause));
  });

  it('takes rows apart', () => {
    const row = '8.3\t4\tUnsupported parameters are ignored.\timplemented\tone, two\t';
    expect(parseStatements(`# a comment\n${heading}\n${row}\n`)).toEqual([
      {
        id: '8.3-4',
        clause: '8.3',
        says: 'Unsupported parameters are ignored.',
        verdict: 'implemented',
        checks: ['one', 'two'],
        reason: '',
      },
    ]);
  });

  it.each([
    ['', 'the heading must be'],
    [`${heading}\n8.3\t1\tA.\tnot\t`, '8.3-1 has 5 columns'],
    [`${heading}\n7.3\t1\tA.\tnot\t\twhy`, '7.3-1 is no clause with a number'],
    [`${heading}\n8.3\t1\tA.\tperhaps\t\twhy`, '8.3-1 has the verdict perhaps'],
    [`${heading}\n8.3\t1\t\tnot\t\twhy`, '8.3-1 says nothing'],
    [`${heading}\n8.3\t1\tA.\timplemented\t\t`, 'checks and verdict'],
    [`${heading}\n8.3\t1\tA.\tnot\t\t`, 'reason and verdict'],
    [`${heading}\n8.3\t1\tA.\tnot\t\twhy\n8.3\t1\tB.\tnot\t\twhy`, '8.3-1 is there twice'],
  ])('refuses what is not as it should be (%#)', (text, problem) => {
    expect(() => parseStatements(text)).toThrow(problem);
  });
});

/** By the numbers of the clause, a clause before its subclauses. */
function byClause(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; ; index += 1) {
    const isLast = [index === left.length - 1, index === right.length - 1];
    if (isLast[0] !== isLast[1]) return isLast[0] ? -1 : 1;
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0 || isLast[0] === true) return difference;
  }
}
