/** Compressed frames of the corpus for tests, with what the manifest says of their pixels. */
import { DicomError, type Part10File, readPart10, type TransferSyntax } from '@sandyq/dicom';
import { type CorpusFile, corpusFiles, readCorpusFile } from '../../../../test/support/corpus.ts';
import { describePixels, type PixelDescription } from '../describe-pixels.ts';
import { extractFrame } from '../extract-frame.ts';
import { frameRange } from '../frame-range.ts';
import { layoutPixelData } from '../layout-pixel-data.ts';

/** What the manifest's own description says about these members. */
export interface ReferencePixels {
  readonly frame0_stats?: { readonly min: number; readonly max: number; readonly mean: number };
  readonly frame0_photometric?: string;
  readonly frame0_planar?: number | null;
}

/** The first frame of an encapsulated file. */
export interface CorpusFrame {
  readonly path: string;
  readonly reference: CorpusFile & ReferencePixels;
  readonly transferSyntax: TransferSyntax;
  readonly description: PixelDescription;
  readonly encoded: Uint8Array;
}

/** Every encapsulated file that the reader reads and the layout can take apart. */
export function corpusFrames(): readonly CorpusFrame[] {
  return corpusFiles().flatMap((reference) => {
    const bytes = readCorpusFile(reference.path);
    const file = readUnlessFaulty(bytes);
    if (file?.pixelData?.kind !== 'encapsulated') return [];
    const description = describePixels(file.dataSet, file.byteOrder);
    if (description === undefined) return [];
    const { layout } = layoutPixelData(file.pixelData, description, file.transferSyntax);
    if (layout.frames === 0) return [];
    const range = frameRange(layout, 0);
    const encoded = extractFrame(bytes.subarray(range.offset, range.offset + range.length), range);
    const { transferSyntax } = file;
    return [{ path: reference.path, reference, transferSyntax, description, encoded }];
  });
}

function readUnlessFaulty(bytes: Uint8Array): Part10File | undefined {
  try {
    return readPart10(bytes);
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}
