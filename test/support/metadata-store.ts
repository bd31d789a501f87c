/** Store requests of metadata and bulk data (PS3.18 §10.5.1.4) as a plain client writes them. */

/** One part of a request. */
export interface RequestPart {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** How a body is written. */
export interface WrittenBody {
  readonly boundary?: string;
  readonly lineBreak?: '\r\n' | '\n';
  readonly preamble?: string;
  readonly epilogue?: string;
  /** Parameters of the Content-Type besides `boundary`. */
  readonly parameters?: string;
}

/** A part of DICOM JSON: an array of data sets. */
export function jsonPart(dataSets: readonly object[]): RequestPart {
  return { headers: { 'Content-Type': 'application/dicom+json' }, body: JSON.stringify(dataSets) };
}

/** A part of Native DICOM Model: one document. */
export function xmlPart(document: string): RequestPart {
  return { headers: { 'Content-Type': 'application/dicom+xml' }, body: document };
}

/** A part of bulk data. */
export function bulkPart(
  location: string,
  body: Uint8Array,
  contentType = 'application/octet-stream',
): RequestPart {
  return { headers: { 'Content-Type': contentType, 'Content-Location': location }, body };
}

/** The body and its Content-Type. */
export function writeParts(
  parts: readonly RequestPart[],
  {
    boundary = 'parts-9c1e',
    lineBreak = '\r\n',
    preamble = '',
    epilogue = '',
    parameters = 'type="application/dicom+json"',
  }: WrittenBody = {},
): { contentType: string; body: Buffer } {
  const pieces = parts.flatMap(({ headers, body }) => [
    Buffer.from(`${lineBreak}--${boundary}${lineBreak}`),
    Buffer.from(
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}${lineBreak}`)
        .join(''),
    ),
    Buffer.from(lineBreak),
    Buffer.from(body),
  ]);
  const end = Buffer.from(`${lineBreak}--${boundary}--${lineBreak}${epilogue}`);
  return {
    contentType: `multipart/related; ${parameters}; boundary="${boundary}"`,
    body: Buffer.concat([Buffer.from(preamble), ...pieces, end]),
  };
}
