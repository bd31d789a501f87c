/** DICOM JSON of instances as the elements of an array (PS3.18 §F.2.1). */

import { type AbsolutePiece, absoluteText } from './absolute-pieces.ts';

/** Written in portions of this size at least. */
const PORTION_BYTES = 64 * 1024;
const COMMA = Buffer.from(',');

/** The texts of all pieces with commas between them, of those that come together in one piece of memory. */
export async function* separated(source: AsyncIterable<readonly AbsolutePiece[]>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const pieces of source) {
    if (!isFirst) yield COMMA;
    isFirst = false;
    yield absoluteText(pieces);
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
    yield Buffer.concat(portion, portionBytes);
    portion = [];
    portionBytes = 0;
  }
  yield Buffer.concat([...portion, Buffer.from(']')]);
}
