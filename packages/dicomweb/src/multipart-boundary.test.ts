import { describe, expect, it } from 'vitest';
import { boundaryOf } from './multipart-reader.ts';

describe('boundaryOf', () => {
  it.each([
    'multipart/related; boundary=abc',
    'multipart/related;boundary="abc"',
    'Multipart/Related; type=application/dicom; Boundary=abc; start=x',
    'multipart/form-data; BOUNDARY="ab\\c"',
  ])('reads %s', (type) => {
    expect(boundaryOf(type)).toBe('abc');
  });

  it.each([
    'multipart/related',
    'multipart/related; boundary=""',
    'application/dicom; boundary=a',
    '',
    'multipart/related; boundary="a "',
  ])('refuses %s', (type) => {
    expect(() => boundaryOf(type)).toThrow(expect.objectContaining({ code: 'bad-content-type' }));
  });
});
