import { describe, expect, it } from 'vitest';
import { furtherResults, notSupported, remainingResults, warningHeader } from './search-warnings.ts';

describe('warnings', () => {
  it('have the words of PS3.18 §8.3.4', () => {
    expect(warningHeader('http://h/dicom-web', remainingResults(3))).toBe(
      '299 http://h/dicom-web: There are 3 additional results that can be requested',
    );
    expect(furtherResults).toBe('There are additional results that can be requested');
    expect(notSupported('fuzzymatching')).toBe(
      'The fuzzymatching parameter is not supported. Only literal matching has been performed.',
    );
    expect(notSupported('multiplevaluematching')).toContain(
      'Multiple Value Matching has not been performed.',
    );
  });
});
