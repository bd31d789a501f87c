import { parseMediaType } from '@sandyq/dicomweb';
import { describe, expect, it } from 'vitest';
import { BulkParts } from './bulk-parts.ts';
import { pixelSyntaxOf } from './pixel-syntax.ts';
import type { RequestPart } from './request-part.ts';

const part = (contentLocation?: string): RequestPart => ({
  contentType: 'application/octet-stream',
  contentLocation,
  bytes: { length: 0, async *open() {} },
});

describe('BulkParts', () => {
  const base = 'https://archive.example/dicom-web/studies';

  it.each([
    ['x', 'x'],
    ['x', './x'],
    ['https://archive.example/dicom-web/x', 'x'],
    ['/dicom-web/x', 'https://ARCHIVE.example/dicom-web/x'],
    ['urn:uuid:1', 'urn:uuid:1'],
    ['not a uri: %%', 'not a uri: %%'],
    ['a?b=1', 'a?b=1'],
  ])('finds %s as %s', (location, uri) => {
    const parts = new BulkParts(base);
    const sent = part(location);
    parts.add(sent);
    parts.add(part());
    expect(parts.refer('elsewhere').whole).toEqual([]);
    expect(parts.refer(uri).whole).toEqual([sent]);
    expect(parts.unreferenced).toHaveLength(1);
  });

  it('knows frames by their numbers, and parts of one name by their order', () => {
    const parts = new BulkParts(base);
    const [second, first, whole] = [part('p/frames/2'), part('p/frames/1'), part('q')];
    for (const each of [second, first, whole, whole]) parts.add(each);
    expect([...parts.refer('p').frames]).toEqual([
      [2, second],
      [1, first],
    ]);
    expect(parts.refer('q').whole).toEqual([whole, whole]);
    expect(parts.unreferenced).toEqual([]);
  });
});

describe('pixelSyntaxOf', () => {
  it.each([
    ['application/octet-stream', [], undefined],
    ['application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1', [], undefined],
    ['application/octet-stream', ['1.2.840.10008.1.2.4.50'], undefined],
    ['application/octet-stream; transfer-syntax=1.2.840.10008.1.2.8.1', [], '1.2.840.10008.1.2.8.1'],
    ['image/jpeg; transfer-syntax="1.2.840.10008.1.2.4.50"', [], '1.2.840.10008.1.2.4.50'],
    ['image/jpeg', [], '1.2.840.10008.1.2.4.70'],
    ['image/jpeg', ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.51'], '1.2.840.10008.1.2.4.51'],
    ['image/x-jls', [], '1.2.840.10008.1.2.4.80'],
    ['IMAGE/JP2; transfer-syntax=*', [], '1.2.840.10008.1.2.4.90'],
    ['video/mp4', ['1.2.840.10008.1.2.4.106'], '1.2.840.10008.1.2.4.106'],
  ])('of %s with %j is %s', (type, hints, uid) => {
    const mediaType = parseMediaType(type);
    expect(mediaType && pixelSyntaxOf(mediaType, hints)?.uid).toBe(uid);
  });

  it.each([
    ['image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.90', 'bulk-data-mismatch'],
    ['application/octet-stream; transfer-syntax=1.2.840.10008.1.2.2', 'bulk-data-mismatch'],
    ['image/jpeg; transfer-syntax=9.9', 'transfer-syntax-not-supported'],
    ['image/tiff', 'unsupported-media-type'],
  ])('refuses %s: %s', (type, reason) => {
    const mediaType = parseMediaType(type);
    expect(() => mediaType && pixelSyntaxOf(mediaType, [])).toThrow(
      expect.objectContaining({ fault: expect.objectContaining({ reason }) }),
    );
  });
});
