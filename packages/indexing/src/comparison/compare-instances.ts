/** How two stored instances of one SOP Instance UID relate (design §2.5): both are read back, verified, by content. */
import { type ContentComparison, type ContentDigest, compareContent, digestFile } from '@sandyq/dicom';
import { type EntryReference, type ObjectStore, readEntry } from '@sandyq/storage';
import { type ComparedPixels, comparedPixels, type UnclearPixels } from './compared-pixels.ts';
import type { PixelValueComparison } from './pixel-value-comparison.ts';

export interface ComparisonPorts {
  readonly store: ObjectStore;
  readonly pixels: Pick<PixelValueComparison, 'compare'>;
}

/** An instance as the store has it. */
export interface StoredContent {
  readonly entry: EntryReference;
  readonly transferSyntaxUid: string;
}

export interface InstanceComparison {
  readonly comparison: ContentComparison;
  /** Why pixel values could not be compared; the instances count as different then. */
  readonly doubt?: string;
}

/**
 * The same for either order of the two. Pixels are decoded only where attributes agree and pixel data is encoded in two
 * ways. Throws StorageError, DicomError where one cannot be read any more, ComparisonError where there was no time.
 */
export async function compareInstances(
  { store, pixels }: ComparisonPorts,
  known: StoredContent,
  fresh: StoredContent,
): Promise<InstanceComparison> {
  const one = await readContent(store, known);
  const other = await readContent(store, fresh);
  const isSameSyntax = known.transferSyntaxUid === fresh.transferSyntaxUid;
  const comparison = compareContent(one.digest, other.digest, isSameSyntax);
  if (typeof comparison === 'string') return { comparison };
  const values = await pixels.compare(one.pixels, other.pixels);
  switch (values.kind) {
    case 'same':
      return { comparison: comparison.ifPixelValuesAreEqual };
    case 'other':
      return { comparison: 'different' };
    case 'unknown':
      return { comparison: 'different', doubt: values.why };
    default:
      return values satisfies never;
  }
}

interface Content {
  readonly digest: ContentDigest;
  readonly pixels: ComparedPixels | UnclearPixels;
}

/** The data set is let go of: a comparison may have to wait for its turn. */
async function readContent(store: ObjectStore, { entry }: StoredContent): Promise<Content> {
  const { digest, file } = await digestFile(readEntry(store, entry));
  return { digest, pixels: comparedPixels(store, entry, file) };
}
