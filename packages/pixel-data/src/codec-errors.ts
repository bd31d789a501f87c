/** Every error of decoding and encoding frames, by code. Messages name sizes and markers, never a value of the data set. */

/** One code per kind of fault, so that callers map codes and never read messages. */
export const codecErrorCodes = [
  /** The code stream ends before its image does: the frame arrived or was stored incomplete. */
  'truncated-codestream',
  /** The code stream contradicts its own standard. */
  'malformed-codestream',
  /** The code stream is sound but its size, bits or components are not those of the data set. */
  'description-mismatch',
  /** A process, depth or colour that no codec here reads or writes, or a lossy target. */
  'unsupported',
  /** Video: its pictures depend on one another; the stream is given out as stored. */
  'video',
  /** The frame is larger than the limit of decoded bytes. */
  'too-large',
  /** The codec ran longer than the limit; its worker was ended. */
  'timeout',
  /** The codec needed more memory than the limit. */
  'out-of-memory',
  /** The worker ended without an answer. */
  'worker-crashed',
  /** More tasks wait than the queue may hold: try later. */
  'queue-full',
  /** The pool was closed before the task was done. */
  'pool-closed',
] as const;

export type CodecErrorCode = (typeof codecErrorCodes)[number];

/** The only error that decoding and encoding end with, abortion by the caller's signal apart. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly code: CodecErrorCode;

  constructor(code: CodecErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether a value that crossed a thread is one of our codes. */
export function isCodecErrorCode(value: unknown): value is CodecErrorCode {
  return codecErrorCodes.some((code) => code === value);
}
