/** Every native file of the corpus in Explicit VR Little Endian: element by element what it was, with the same content. */
import { describe, expect, it } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../../../test/support/corpus.ts';
import { collect, sourceOf } from '../test-support/encodings.ts';
import { flatten } from '../test-support/flatten.ts';
import { digestContent } from './content-digest.ts';
import { DicomError } from './errors.ts';
import { readPart10 } from './part10-reader.ts';
import { toExplicitLittleEndian, withFileMeta } from './transcode-data-set.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

const chunkBytes = 60_000;

/** Readable files; native ones or all. */
function readableFiles(): readonly {
  readonly path: string;
  readonly bytes: Buffer;
  readonly isNative: boolean;
}[] {
  return corpusFiles().flatMap(({ path }) => {
    const bytes = readCorpusFile(path);
    try {
      const { transferSyntax } = readPart10(bytes);
      return [
        { path, bytes, isNative: !transferSyntax.encapsulated && transferSyntax.compression === 'none' },
      ];
    } catch (error) {
      if (error instanceof DicomError) return [];
      throw error;
    }
  });
}

describe.skipIf(skipWithoutCorpus)('the corpus', () => {
  const files = readableFiles();
  const natives = files.filter(({ isNative }) => isNative);

  it('has native files in every native encoding', () => {
    expect(natives.length).toBeGreaterThan(280);
  });

  it('keeps every element of every native file', async () => {
    for (const { path, bytes } of natives) {
      const transcoded = await collect(toExplicitLittleEndian(sourceOf(bytes, chunkBytes)));
      const file = readPart10(transcoded);
      expect([path, file.transferSyntax.uid]).toEqual([path, TransferSyntaxes.ExplicitVRLittleEndian.uid]);
      const [before, after] = [flatten(bytes), flatten(transcoded)];
      expect([path, [...after.keys()]]).toEqual([path, [...before.keys()]]);
      for (const [element, value] of before) {
        // A value of odd length gets the padding that it lacked.
        const expected = value.endsWith('pad') ? expect.stringContaining(value.slice(0, -3)) : value;
        expect([path, element, after.get(element)]).toEqual([path, element, expected]);
      }
    }
  });

  it('keeps the content digest of every native file', async () => {
    for (const { path, bytes } of natives) {
      const transcoded = toExplicitLittleEndian(sourceOf(bytes, chunkBytes));
      expect([path, await digestContent(transcoded)]).toEqual([path, await digestContent(sourceOf(bytes))]);
    }
  });

  it('refuses every compressed file', async () => {
    for (const { bytes, isNative } of files) {
      if (isNative) continue;
      await expect(collect(toExplicitLittleEndian(sourceOf(bytes)))).rejects.toMatchObject({
        code: 'not-native',
      });
    }
  });

  it('completes bare data sets and leaves complete files as they are', async () => {
    let completed = 0;
    for (const { path, bytes } of files) {
      const before = readPart10(bytes);
      const withMeta = await collect(withFileMeta(sourceOf(bytes, chunkBytes)));
      if (before.preamble) expect([path, withMeta.equals(bytes)]).toEqual([path, true]);
      else {
        completed++;
        const after = readPart10(withMeta);
        expect([path, after.preamble, after.transferSyntax.uid]).toEqual([
          path,
          true,
          before.transferSyntax.uid,
        ]);
        expect(withMeta.subarray(after.dataSetOffset).equals(bytes.subarray(before.dataSetOffset))).toBe(
          true,
        );
      }
    }
    expect(completed).toBeGreaterThan(4);
  });
});
