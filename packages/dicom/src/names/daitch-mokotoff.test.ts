import { describe, expect, it } from 'vitest';
import { daitchMokotoff } from './daitch-mokotoff.ts';

describe('daitchMokotoff', () => {
  // The examples that are published with the code.
  it.each([
    ['auerbach', ['097400', '097500']],
    ['ohrbach', ['097400', '097500']],
    ['lipshitz', ['874400']],
    ['lippszyc', ['874400', '874500']],
    ['lewinsky', ['876450']],
    ['levinski', ['876450']],
    ['szlamawicz', ['486740']],
    ['shlamovitz', ['486740']],
    ['moskowitz', ['645740']],
    ['moskovitz', ['645740']],
    ['peters', ['734000', '739400']],
    ['peterson', ['734600', '739460']],
    ['berlin', ['798600']],
    ['golden', ['583600']],
    ['alpert', ['087930']],
    ['breuer', ['791900']],
    ['haber', ['579000']],
    ['mannheim', ['665600']],
    ['mintz', ['664000']],
    ['topf', ['370000']],
    ['kleinmann', ['586660']],
    ['przemysl', ['746480', '794648']],
  ])('%s', (word, codes) => {
    expect(daitchMokotoff(word).sort()).toEqual(codes);
  });

  it('has no code for anything but a to z', () => {
    for (const word of ['', 'Smith', 'смит', 'o-neil', 'a'.repeat(65)])
      expect(daitchMokotoff(word)).toEqual([]);
  });

  it('is bounded however many readings a word has', () => {
    const codes = daitchMokotoff('rschrschrschrschrschrschrschjjjj');
    expect(codes.length).toBeLessThanOrEqual(16);
    for (const code of codes) expect(code).toMatch(/^\d{6}$/);
  });
});
