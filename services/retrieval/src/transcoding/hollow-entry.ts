/** The bytes of an instance without those of its pixels, as a data set that can be read: for those who put others in. */
import type { InstanceLocation } from '@sandyq/database';
import { hasLongLength, isVr, transferSyntaxOf } from '@sandyq/dicom';
import type { RetrievalDependencies } from '../dependencies.ts';
import { type Reader, readEntry } from '../read-entry.ts';

/** An empty Basic Offset Table and the end of the fragments (PS3.5 §A.4). */
const NO_FRAGMENTS = Buffer.from('feff00e000000000feffdde000000000', 'hex');
const LENGTH_BYTES = 4;

/**
 * All bytes but those of the pixel data, which is empty. `held`: what stands before it, if it was read already. Where
 * the length of native pixel data can't be set to zero in place, all bytes as they are.
 */
export async function* withoutPixelBytes(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
  held: readonly Uint8Array[] | undefined,
): AsyncGenerator<Uint8Array> {
  const { pixelData, entryLength } = location;
  if (pixelData === undefined) {
    yield* readEntry(dependencies, location, reader);
    return;
  }
  if (pixelData.kind === 'encapsulated') {
    const { offset } = pixelData;
    yield* held ?? readEntry(dependencies, location, reader, { offset: 0, length: offset });
    yield NO_FRAGMENTS;
  } else {
    const emptied = held && emptiedNative(Buffer.concat(held), location);
    if (emptied === undefined) {
      yield* readEntry(dependencies, location, reader);
      return;
    }
    yield emptied;
  }
  const end = pixelData.offset + pixelData.length;
  if (end < entryLength) {
    yield* readEntry(dependencies, location, reader, { offset: end, length: entryLength - end });
  }
}

/** The header with zero as the length of the element that it ends with; undefined unless that has four bytes. */
function emptiedNative(header: Buffer, { transferSyntaxUid }: InstanceLocation): Buffer | undefined {
  const syntax = transferSyntaxOf(transferSyntaxUid);
  const vr = header.toString('latin1', header.length - 8, header.length - 6);
  if (syntax === undefined || (syntax.explicitVr && !(isVr(vr) && hasLongLength(vr)))) return undefined;
  return header.fill(0, header.length - LENGTH_BYTES);
}
