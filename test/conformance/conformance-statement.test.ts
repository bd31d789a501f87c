/**
 * docs/conformance-statement.md against the code: resources, matching keys, transfer syntaxes, settings. Neither side may have what the
 * other has not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryOfTag, type Tag, TransferSyntaxes } from '@sandyq/dicom';
import { type SearchLevel, supportedAttributes } from '@sandyq/dicomweb';
import { encodableSyntaxes, isDecodable } from '@sandyq/pixel-data';
import { expect, it } from 'vitest';
import { startArchive } from '../support/start-archive.ts';
import { sectionOf } from './shall/documents.ts';

const searchLevels: readonly SearchLevel[] = ['study', 'series', 'instance'];

/** Cells of the rows of a section's tables, without headings and rules. */
function rowsOf(section: string): string[][] {
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  return cells.filter((row, index) => !isRule(row) && !isRule(cells[index + 1] ?? []));
}

function isRule(row: readonly string[]): boolean {
  return row.length > 0 && row.every((cell) => /^:?-+:?$/.test(cell));
}

/** `/studies/:study/*path` as the document writes it: `/studies/{study}/{path}`. */
function documented(path: string): string {
  return path.replace(/[:*](\w+)/g, '{$1}');
}

/** The keyword, or for attributes in sequences the keywords. */
function keywordOf(path: readonly Tag[]): string {
  return path.map((tag) => entryOfTag(tag)?.keyword ?? String(tag)).join('.');
}

it('lists the resources that the services have', async () => {
  const archive = await startArchive();
  const mounted = archive.routes.filter(({ path }) => !path.startsWith('/admin/'));
  await archive.stop();
  const listed = rowsOf(sectionOf(/^## \d+\. Resources/)).map(
    ([method, path = '']) => `${method} ${path.replaceAll('`', '')}`,
  );
  expect(listed.toSorted()).toEqual(
    mounted.map(({ method, path }) => `${method} ${documented(path)}`).toSorted(),
  );
});

it('lists the attributes that searches match, those that PS3.18 requires before the others', () => {
  const table = rowsOf(sectionOf(/^## \d+\. Search/)).filter(([level = '']) =>
    searchLevels.some((each) => each === level),
  );
  const listed = table.map(([level, keys = '']) => {
    const [required = '', further = ''] = keys.split(';');
    const names = (text: string): string[] =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .toSorted();
    return { level, required: names(required), further: names(further) };
  });
  const matched = searchLevels.map((level) => {
    const names = (isRequired: boolean): string[] =>
      supportedAttributes
        .filter((attribute) => attribute.level === level && attribute.isRequired === isRequired)
        .map(({ path }) => keywordOf(path))
        .toSorted();
    return { level, required: names(true), further: names(false) };
  });
  expect(listed).toEqual(matched);
});

it('lists the transfer syntaxes that are decoded and encoded', () => {
  const listed = rowsOf(sectionOf(/^## \d+\. Transfer syntaxes/));
  const known = Object.values(TransferSyntaxes)
    .map((syntax) => ({
      syntax,
      decoded: isDecodable(syntax),
      encoded: encodableSyntaxes.some(({ uid }) => uid === syntax.uid),
    }))
    .filter(({ decoded, encoded }) => decoded || encoded)
    .map(({ syntax, decoded, encoded }) => [
      syntax.uid,
      syntax.name,
      decoded ? 'yes' : '',
      encoded ? 'yes' : '',
    ]);
  const byUid = ([left = '']: readonly string[], [right = '']: readonly string[]): number =>
    left.localeCompare(right);
  expect(listed.toSorted(byUid)).toEqual(known.toSorted(byUid));
});

it('names the settings of docs/settings.md', () => {
  const settings = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'settings.md'), 'utf8');
  const known = [...settings.matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm)].map(([, name]) => name);
  const listed = [...sectionOf(/^## \d+\. Configuration/).matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(
    ([, name]) => name,
  );
  expect(listed).toEqual(known);
});
