import type { DescribedAdoption } from '@sandyq/disposition';
import { describe, expect, it } from 'vitest';
import { adoptionWords } from './adoption-words.ts';

type Changed = { readonly [Key in keyof DescribedAdoption]?: DescribedAdoption[Key] | undefined };

const adoption = ({ strandedPlans = [], ...changed }: Changed = {}): DescribedAdoption => ({
  inForceFrom: new Date('2026-06-01T00:00:00Z'),
  inForceUntil: undefined,
  insteadOf: 'old@1',
  ...changed,
  strandedPlans,
});

const plan = (changed: Partial<DescribedAdoption['strandedPlans'][number]> = {}) => ({
  id: 'PLAN',
  kind: 'schedule' as const,
  state: 'approved' as const,
  planned: 9,
  hidden: 5,
  hiddenKept: 0,
  hiddenForReview: 0,
  commands: ['show', 'list', 'anew'],
  ...changed,
});

describe('an adoption', () => {
  it.each<[Changed, string]>([
    [{}, 'new@2 is in force from 2026-06-01T00:00:00Z, in place of old@1.'],
    [{ insteadOf: undefined }, 'new@2 is in force from 2026-06-01T00:00:00Z.'],
    [
      { inForceUntil: new Date('2027-01-01T00:00:00Z') },
      'new@2 is in force from 2026-06-01T00:00:00Z until 2027-01-01T00:00:00Z, in place of old@1.',
    ],
    [
      { inForceFrom: undefined, insteadOf: undefined },
      'new@2 is never in force: it has ended, or another version goes before it as long as it is effective.',
    ],
  ])('of %j is told', (changed, words) => {
    expect(adoptionWords('new@2', adoption(changed))).toBe(words);
  });

  it('says what its plans hide, and what to do about it', () => {
    const told = adoptionWords('new@2', adoption({ strandedPlans: [plan()] }));
    expect(told).toMatch(/^PLAN +schedule +approved +9 +5 +0 +0$/m);
    expect(told).toContain('Plan PLAN: 5 hidden, and neither shown nor deleted until somebody decides.\n');
    expect(told).toMatch(/again:\n {2}show\n.*\n {2}list\n {2}anew$/);
  });

  it('says how much of it the new schedule would not let go', () => {
    const told = adoptionWords(
      'new@2',
      adoption({ strandedPlans: [plan({ hiddenKept: 2, hiddenForReview: 1 })] }),
    );
    expect(told).toContain('The new schedule would not let 3 of them go');
  });

  it('says of plans that hide nothing how to list what is due anew', () => {
    const told = adoptionWords(
      'new@2',
      adoption({ strandedPlans: [plan({ hidden: 0, commands: ['anew'] })] }),
    );
    expect(told).toContain('Plan PLAN: what is still due is listed anew by\n  anew');
    expect(told).not.toContain('hidden, and');
  });
});
