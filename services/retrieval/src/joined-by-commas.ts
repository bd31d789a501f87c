/** DICOM JSON of instances as the elements of an array (PS3.18 §F.2.1). */

import { type AbsolutePiece, absoluteText } from './absolute-pieces.ts';

/** Written in portions of this size at least. */
const PORTION_BYTES = 64 * 1024;

/** The texts of all pieces with commas between them; those that come together are one. */
export async function* separated(source: AsyncIterable<readonly AbsolutePiece[]>): AsyncGenerator<Buffer> {
  let isContinued = false;
  for await (const pieces of source) {
    yield absoluteText(pieces, isContinued);
    isContinued = true;
  }
}

/** The texts as one array, in portions worth writing. */
export async function* jsonArray(source: AsyncIterable<readonly AbsolutePiece[]>): AsyncGenerator<Buffer> {
  let portion: Buffer[] = [Buffer.from('[')];
  let portionBytes = 1;
  for await (const text of separated(source)) {
    portion.push(text);
    portionBytes += text.length;
    if (portionBytes < PORTION_BYTES) continue;
    yield portion.length === 1 ? text : Buffer.concat(portion, portionBytes);
    portion = [];
    portionBytes = 0;
  }
  yield Buffer.concat([...portion, Buffer.from(']')]);
}
