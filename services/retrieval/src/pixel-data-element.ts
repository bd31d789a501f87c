/** Which of the elements that can hold pixels an instance has: the index knows where the value is, not whose it is. */

import type { InstanceLocation } from '@sandyq/database';
import { parseTag, type Tag, transferSyntaxOf } from '@sandyq/dicom';
import type { RetrievalDependencies } from './dependencies.ts';
import { type Reader, readEntry } from './read-entry.ts';

/** Bytes from an element's tag to its value: implicit VR, and explicit VR with a long length (PS3.5 §7.1). */
const TAG_DISTANCES = [8, 12] as const;

/** Whether the value at `valueOffset` of the entry is that of the top-level element `path`. */
export async function isElementAt(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  { valueOffset, path }: { readonly valueOffset: number; readonly path: string },
  reader: Reader,
): Promise<boolean> {
  const length = Math.min(valueOffset, Math.max(...TAG_DISTANCES));
  const chunks: Uint8Array[] = [];
  const range = { offset: valueOffset - length, length };
  for await (const chunk of readEntry(dependencies, location, reader, range)) chunks.push(chunk);
  const header = Buffer.concat(chunks);
  const isBig = transferSyntaxOf(location.transferSyntaxUid)?.byteOrder === 'big';
  return TAG_DISTANCES.some(
    (distance) => distance <= length && tagAt(header, length - distance, isBig) === parseTag(path),
  );
}

function tagAt(bytes: Buffer, offset: number, isBig: boolean): Tag {
  const group = isBig ? bytes.readUInt16BE(offset) : bytes.readUInt16LE(offset);
  const element = isBig ? bytes.readUInt16BE(offset + 2) : bytes.readUInt16LE(offset + 2);
  return group * 0x10000 + element;
}
