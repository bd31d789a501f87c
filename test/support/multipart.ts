/** multipart/related as a plain client sees it: written and read without the archive's own code, whole bodies in memory. */

/** One part of a body. */
export interface MultipartPart {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const BOUNDARY = 'test-boundary-7f3c';

/** A request body of DICOM parts, and its Content-Type. */
export function encodeMultipart(
  bodies: readonly Uint8Array[],
  partType = 'application/dicom',
): { contentType: string; body: Buffer } {
  const parts = bodies.flatMap((body) => [
    Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: ${partType}\r\n\r\n`),
    body,
  ]);
  return {
    contentType: `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`,
    body: Buffer.concat([...parts, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
  };
}

/** Takes a body apart by the boundary of its Content-Type. Throws if it is not whole. */
export function decodeMultipart(contentType: string, body: Buffer): MultipartPart[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (!contentType.startsWith('multipart/related') || boundary === undefined) {
    throw new Error(`multipart/related expected, not ${contentType}`);
  }
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const framed = Buffer.concat([Buffer.from('\r\n'), body]);
  const parts: MultipartPart[] = [];
  let at = framed.indexOf(delimiter);
  for (;;) {
    const start = at + delimiter.length;
    if (at < 0) throw new Error('the multipart body has no closing delimiter');
    if (framed.toString('latin1', start, start + 2) === '--') return parts;
    const next = framed.indexOf(delimiter, start);
    parts.push(decodePart(framed.subarray(start, next)));
    at = next;
  }
}

function decodePart(part: Buffer): MultipartPart {
  const headEnd = part.indexOf('\r\n\r\n');
  const lines = part.toString('utf8', 0, headEnd).split('\r\n').filter(Boolean);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: part.subarray(headEnd + 4) };
}
