/** What PS3.18 asks of the conformance statement: docs/conformance-statement.md has it, in the section where it belongs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Check, check } from './check.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'conformance-statement.md');

/** Text under a heading (of any depth) to the next of the same depth or higher. Throws if there is no such heading. */
export function sectionOf(heading: RegExp): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && heading.test(line));
  if (start < 0) throw new Error(`docs/conformance-statement.md has no section ${heading}`);
  const depth = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const end = lines.findIndex(
    (line, index) => index > start && (/^#+/.exec(line)?.[0].length ?? 9) <= depth && line.startsWith('#'),
  );
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

function documented(id: string, heading: RegExp, wanted: readonly RegExp[]): Check {
  return check(id, async () => {
    const section = sectionOf(heading);
    for (const each of wanted) expect(section, `${heading}`).toMatch(each);
  });
}

export const documentChecks: readonly Check[] = [
  documented('rendering-documented', /Rendered/, [/quality/, /image\/webp/, /overlay/, /iccprofile/]),
  documented('syntaxes-documented', /Transfer syntaxes/, [
    /1\.2\.840\.10008\.1\.2\.1\b/,
    /1\.2\.840\.10008\.1\.2\.5\b/,
  ]),
  documented('charsets-documented', /Character sets/, [/UTF-8/, /ISO 2022/]),
  documented('notifications-documented', /Notifications/, [/not supported/]),
  documented('retrieve-documented', /Retrieve/, [
    /origin server/i,
    /metadata/,
    /frames/,
    /application\/dicom\b/,
    /If-None-Match/,
  ]),
  documented('thumbnails-documented', /Thumbnails/, [/pixels/i, /series/, /UTF-8|no text/i]),
  documented('store-documented', /Store/, [/origin server/i, /SOP classes/]),
  documented('reasons-documented', /Store/, [/B100H/, /A701H/, /0111H/, /C122H/]),
  documented('search-documented', /Search/, [
    /origin server/i,
    /5,000/,
    /native/,
    /fuzzymatching/i,
    /emptyvaluematching/,
    /multiplevaluematching/,
  ]),
  documented('uri-documented', /WADO-URI|URI service/, [/origin server/i, /requestType/, /SOP class/i]),
  documented('commitment-documented', /Storage Commitment/, [/origin server/i, /application\/dicom\+json/]),
];
