import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sampleFacts } from './testing/sample-facts.ts';

const document = await readFile(new URL('../../../../docs/journal-format.md', import.meta.url), 'utf8');

/** The text of a section of §3. */
function sectionOf(kind: string): string | undefined {
  const [, text] = document.split(`\n### ${kind}\n`);
  return text?.split(/\n##/)[0];
}

describe('docs/journal-format.md', () => {
  it.each(Object.entries(sampleFacts))('tells everything of %s', (kind, fact) => {
    const section = sectionOf(kind);
    expect(section).toBeDefined();
    const inherited = section?.includes('all members of `quarantined`') ? sectionOf('quarantined') : '';
    for (const member of Object.keys(fact)) expect(`${section}${inherited}`).toContain(`\`${member}\``);
  });

  it('tells of no kind that does not exist', () => {
    const told = [...document.matchAll(/^### ([a-z-]+)$/gm)].map(([, kind]) => kind);
    expect(told).toEqual(Object.keys(sampleFacts));
  });
});
