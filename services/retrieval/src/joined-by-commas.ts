/** DICOM JSON of instances as the elements of an array (PS3.18 §F.2.1). */

/** Written in portions of this size at least. */
const PORTION_BYTES = 64 * 1024;
const COMMA = Buffer.from(',');

/** The texts, each given in parts, with commas between them. */
export async function* separated(
  source: AsyncIterable<readonly Buffer[]>,
): AsyncGenerator<readonly Buffer[]> {
  let isFirst = true;
  for await (const parts of source) {
    yield isFirst ? parts : [COMMA, ...parts];
    isFirst = false;
  }
}

/** The texts as one array, in portions worth writing. */
export async function* jsonArray(source: AsyncIterable<readonly Buffer[]>): AsyncGenerator<Buffer> {
  let portion: Buffer[] = [Buffer.from('[')];
  let portionBytes = 1;
  for await (const parts of separated(source)) {
    for (const part of parts) {
      portion.push(part);
      portionBytes += part.length;
    }
    if (portionBytes < PORTION_BYTES) continue;
    yield Buffer.concat(portion, portionBytes);
    portion = [];
    portionBytes = 0;
  }
  yield Buffer.concat([...portion, Buffer.from(']')]);
}
