import { describe, expect, it } from 'vitest';
import { furtherResults, notReturned, remainingResults, warningHeader } from './search-warnings.ts';

describe('warnings', () => {
  it('have the words of PS3.18 §8.3.4', () => {
    expect(warningHeader('http://h/dicom-web', remainingResults(3))).toBe(
      '299 http://h/dicom-web: There are 3 additional results that can be requested',
    );
    expect(furtherResults).toBe('There are additional results that can be requested');
    expect(notReturned('SliceThickness', 'study')).toBe(
      'The includefield attribute SliceThickness is not known of a study and was left out.',
    );
  });
});
