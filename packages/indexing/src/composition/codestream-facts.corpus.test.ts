import { readPart10, TransferSyntaxes } from '@sandyq/dicom';
import { describePixels } from '@sandyq/pixel-data';
import { describe, expect, it } from 'vitest';
import {
  corpusFiles,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../../../../test/support/corpus.ts';
import { codestreamFactsOf } from './codestream-facts.ts';

/** Whose label or size is not that of the code stream, or which have a JP2 file around it (PS3.5 §A.4.4 forbids). */
const mislabelled = new Set([
  'awkward/GH195.dcm',
  'awkward/JPEG2000-embedded-sequence-delimiter.dcm',
  'mg/example-mg.dcm',
  'op/sample-op.dcm',
  'syntaxes/GDCMJ2K_TextGBR.dcm',
]);
const read = new Set(['jpeg-baseline', 'jpeg-extended', 'jpeg-lossless', 'jpeg-ls', 'jpeg-2000', 'htj2k']);

describe.skipIf(skipWithoutCorpus)('codestreamFactsOf', () => {
  it('says of the code streams of the corpus what their data sets say', () => {
    const wrong: string[] = [];
    let compared = 0;
    for (const { path } of corpusFiles().filter(isAcceptable)) {
      if (mislabelled.has(path)) continue;
      const bytes = readCorpusFile(path);
      const file = readPart10(bytes);
      const { pixelData, transferSyntax } = file;
      if (pixelData?.kind !== 'encapsulated' || !read.has(transferSyntax.compression)) continue;
      const [first] = pixelData.fragments;
      const described = describePixels(file.dataSet, file.byteOrder);
      if (first === undefined || described === undefined) continue;
      const facts = codestreamFactsOf(bytes.subarray(first.offset, first.offset + first.length));
      compared += 1;
      const { rows, columns, samplesPerPixel } = described;
      const said = [facts?.rows, facts?.columns, facts?.samplesPerPixel];
      const isSame = said.join() === [rows, columns, samplesPerPixel].join();
      if (!isSame || !isSyntax(facts?.transferSyntaxUid, transferSyntax.uid))
        wrong.push(
          `${path}: ${said.join(' ')} ${facts?.transferSyntaxUid}, not ${rows} ${columns} ${samplesPerPixel} ${transferSyntax.uid}`,
        );
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(60);
  });

  it('says nothing of anything else', () => {
    for (const bytes of [
      [],
      [0xff],
      [0xff, 0xd8],
      [0xff, 0xd8, 0xff],
      [0xff, 0x4f, 0xff, 0x51],
      [0x89, 0x50, 0x4e, 0x47],
    ])
      expect(codestreamFactsOf(Uint8Array.from(bytes))).toBeUndefined();
  });
});

/** A syntax that allows more than the code stream needs is right too. */
function isSyntax(found: string | undefined, stated: string): boolean {
  const { JPEG2000, JPEG2000Lossless, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL } = TransferSyntaxes;
  const wider: Readonly<Record<string, readonly string[]>> = {
    [JPEG2000Lossless.uid]: [JPEG2000.uid],
    [HTJ2KLossless.uid]: [HTJ2K.uid, HTJ2KLosslessRPCL.uid],
  };
  return found === stated || (wider[found ?? '']?.includes(stated) ?? false);
}
