/**
 * Every normative statement of PS3.18 chapters 8, 9, 10 and 13 (docs/conformance/ps3.18-statements.tsv) that is implemented is checked,
 * over HTTP, on the standalone and on the split archive.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusNote, skipWithoutCorpus } from '../support/corpus.ts';
import type { Check } from './shall/check.ts';
import { documentChecks } from './shall/documents.ts';
import { mediaTypeChecks } from './shall/media-types.ts';
import { messageChecks } from './shall/messages.ts';
import { readStatements, VERDICTS } from './shall/read-statements.ts';
import { renderedChecks } from './shall/rendered.ts';
import { retrieveChecks } from './shall/retrieve.ts';
import { searchAnswerChecks } from './shall/search-answers.ts';
import { matchingChecks } from './shall/search-matching.ts';
import { serviceChecks } from './shall/services.ts';
import { storeChecks } from './shall/store.ts';
import { type Subject, startSubject } from './shall/subject.ts';
import { uriServiceChecks } from './shall/uri-service.ts';

const statements = readStatements();
const checks: readonly Check[] = [
  ...messageChecks,
  ...matchingChecks,
  ...searchAnswerChecks,
  ...mediaTypeChecks,
  ...retrieveChecks,
  ...renderedChecks,
  ...uriServiceChecks,
  ...storeChecks,
  ...serviceChecks,
  ...documentChecks,
];

/** `8.3-4, 8.3-5`: the statements that a check is for. */
function statementsOf({ id }: Check): string[] {
  return statements.filter((statement) => statement.checks.includes(id)).map((statement) => statement.id);
}

describe('the table of statements', () => {
  it('has a check for each implemented statement, and a statement for each check', () => {
    const ids = checks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const named = statements.flatMap((statement) => statement.checks);
    expect([...new Set(named)].filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.filter((id) => !named.includes(id))).toEqual([]);
  });

  it('counts its verdicts', () => {
    const counts = VERDICTS.map(
      (verdict) => `${statements.filter((each) => each.verdict === verdict).length} ${verdict}`,
    );
    process.stdout.write(
      `PS3.18: ${statements.length} statements: ${counts.join(', ')}; ${checks.length} checks\n`,
    );
    expect(statements.length).toBeGreaterThan(300);
  });
});

for (const topology of ['standalone', 'split'] as const) {
  describe.skipIf(skipWithoutCorpus)(`the ${topology} archive${corpusNote}`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await startSubject(topology);
    });
    afterAll(() => subject?.stop());

    for (const each of checks) {
      it(`§${statementsOf(each).join(', ')}: ${each.id}`, () => each.run(subject));
    }
  });
}
