/**
 * Writes multipart/related answers (PS3.18 §8.6.1.2): the bytes around the payloads, which are never touched or
 * copied. The caller sends, for each part, `partHeader(…)` and then the payload, and `closing` after the last one.
 */
import { formatMediaType } from './media-type.ts';

/** What a multipart/related answer is made of. */
export interface MultipartFormat {
  /** Media type of the parts (`type` parameter). */
  readonly type: string;
  /** A string that does not occur in any payload: take boundaryFrom(random bytes). */
  readonly boundary: string;
  /** Transfer syntax that all parts share, named in the Content-Type of the whole (PS3.18 §8.7.3.5.2). */
  readonly transferSyntax?: string;
}

/** Header fields of one part, in the order they are written. */
export interface PartHeaderFields {
  readonly contentType: string;
  /** Where the payload can be had alone (PS3.18 §8.6.1.2.1). */
  readonly contentLocation?: string;
  /** Length of the payload in bytes; spares clients the search for the boundary. */
  readonly contentLength?: number;
}

/** The bytes around the payloads of one answer. */
export class MultipartWriter {
  /** Value of the answer's Content-Type. */
  readonly contentType: string;
  /** Goes after the last payload. */
  readonly closing: Buffer;
  readonly #boundary: string;
  #partCount = 0;

  constructor({ type, boundary, transferSyntax }: MultipartFormat) {
    const parameters: [string, string][] = [['type', type]];
    if (transferSyntax !== undefined) parameters.push(['transfer-syntax', transferSyntax]);
    parameters.push(['boundary', boundary]);
    this.contentType = formatMediaType('multipart/related', parameters);
    this.#boundary = boundary;
    this.closing = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  }

  /** Goes before the payload of a part. */
  partHeader(fields: PartHeaderFields): Buffer {
    const lineBreak = this.#partCount === 0 ? '' : '\r\n';
    this.#partCount += 1;
    return Buffer.from(`${lineBreak}--${this.#boundary}\r\n${headerLines(fields)}\r\n`, 'latin1');
  }
}

/** A boundary of letters and digits from random bytes; 16 bytes or more make it unique. */
export function boundaryFrom(randomBytes: Uint8Array): string {
  return `sandyq-${Buffer.from(randomBytes).toString('hex')}`;
}

/**
 * The length in bytes of a whole multipart body, for Content-Length.
 *
 * @param parts header fields and payload length of each part, in bytes
 */
export function multipartLength(
  format: MultipartFormat,
  parts: Iterable<{ readonly fields: PartHeaderFields; readonly payloadBytes: number }>,
): number {
  const writer = new MultipartWriter(format);
  let length = writer.closing.length;
  for (const { fields, payloadBytes } of parts) length += writer.partHeader(fields).length + payloadBytes;
  return length;
}

function headerLines({ contentType, contentLocation, contentLength }: PartHeaderFields): string {
  let lines = `Content-Type: ${singleLine(contentType)}\r\n`;
  if (contentLocation !== undefined) lines += `Content-Location: ${singleLine(contentLocation)}\r\n`;
  if (contentLength !== undefined) lines += `Content-Length: ${contentLength}\r\n`;
  return lines;
}

function singleLine(value: string): string {
  return value.replace(/[\r\n]+/g, ' ');
}
