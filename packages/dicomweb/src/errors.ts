/**
 * Every error of this package, by code. Codes say what is wrong, not which HTTP status answers it:
 * the one mapping from code to status belongs to the HTTP layer. Messages carry no value of a data set.
 */

/** One code per kind of fault, so that callers map codes and never read messages. */
export type DicomwebErrorCode =
  /** A supported parameter, header or path segment has an invalid value (PS3.18 §8.3); `parameter` names it. */
  | 'bad-request'
  /** The Content-Type is absent, unreadable, or a multipart type without a usable boundary (RFC 2046 §5.1.1). */
  | 'bad-content-type'
  /** Nothing the service can answer with is acceptable to the client (PS3.18 §8.7.8). */
  | 'not-acceptable'
  /** The body has no delimiter line of its boundary. */
  | 'multipart-malformed'
  /** The body ended before its closing delimiter. */
  | 'multipart-truncated'
  /** A limit of MultipartLimits was passed. */
  | 'multipart-limit'
  /** A part's header block is too long or has a line that is no header field; only this part is concerned. */
  | 'part-headers'
  /** The stream under the body failed, e.g. the client went away; `cause` has the reason. */
  | 'body-interrupted'
  /** The Range header asks for bytes past the end (RFC 9110 §15.5.17). */
  | 'range-not-satisfiable';

/** What a DicomwebError may say besides its code and message. */
export interface DicomwebErrorDetails {
  /** Name of the query parameter, header or path segment concerned, as the client wrote it. */
  readonly parameter?: string;
  readonly cause?: unknown;
}

/** The only error this package throws for faulty input. */
export class DicomwebError extends Error {
  override readonly name = 'DicomwebError';
  readonly code: DicomwebErrorCode;
  readonly parameter: string | undefined;

  constructor(code: DicomwebErrorCode, message: string, details: DicomwebErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.parameter = details.parameter;
  }
}

const longestNameShown = 64;

/** A name that came from the client, made safe for messages and headers: printable ASCII, bounded length. */
export function printableName(name: string): string {
  const printable = name.replace(/[^\x21-\x7e]/g, '?');
  return printable.length > longestNameShown ? `${printable.slice(0, longestNameShown)}...` : printable;
}
