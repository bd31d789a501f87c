/** The one table from faults of codecs to answers: what a client can do about each. */
import { DicomwebError } from '@sandyq/dicomweb';
import { HttpError } from '@sandyq/http';
import { CodecError, type CodecErrorCode } from '@sandyq/pixel-data';

/** `refused`: 406 with the reason. `later`: 503 with Retry-After. `failed`: 500 with the code. */
type Kind = 'refused' | 'later' | 'failed';

interface Rule {
  readonly kind: Kind;
  /** Whether the same frame will meet it again. */
  readonly lasts: boolean;
  /** What the client reads. */
  readonly reason: string;
}

const refused = (reason: string): Rule => ({ kind: 'refused', lasts: true, reason });
const busy: Rule = {
  kind: 'later',
  lasts: false,
  reason: 'The archive is converting as many frames as it can. Try again later.',
};

/** Code → what it means for a request. */
export const codecFaults: Readonly<Record<CodecErrorCode, Rule>> = {
  'truncated-codestream': refused('a stored frame ends before its image does'),
  'malformed-codestream': refused('the code stream of a stored frame is damaged'),
  'description-mismatch': refused('a stored frame is another image than its data set says'),
  unsupported: refused('there is no codec for these pixels in this transfer syntax'),
  video: refused('video has no frames of its own'),
  'too-large': refused('the pixels are too large to be converted'),
  // What another codec thread took of the memory meanwhile may have had its part in it.
  'out-of-memory': { ...refused('a codec would need more memory than it may have'), lasts: false },
  timeout: { kind: 'failed', lasts: false, reason: 'A codec did not finish in time and was ended.' },
  'worker-crashed': { kind: 'failed', lasts: false, reason: 'A codec failed and was ended.' },
  'queue-full': busy,
  'pool-closed': busy,
};

const RETRY_SECONDS = 5;

/** Whether the same conversion would fail again. */
export function isLasting({ code }: CodecError): boolean {
  return codecFaults[code].lasts;
}

/** Whether the fault answers 406: the frame can't be had in this form, whatever else works. */
export function isRefusal(error: unknown): error is CodecError {
  return error instanceof CodecError && codecFaults[error.code].kind === 'refused';
}

/** Why, in words for the client: what the codec said stands in brackets. */
export function reasonOf({ code, message }: CodecError): string {
  return `${codecFaults[code].reason} (${message})`;
}

/**
 * What to throw for an error that was met before the answer began. Faults of codecs that are nobody's choice stay as they
 * are: 500 with their code. Everything else passes.
 */
export function requestError(error: unknown): unknown {
  if (!(error instanceof CodecError)) return error;
  const { kind, reason } = codecFaults[error.code];
  if (kind === 'later') {
    return new HttpError('overloaded', reason, { retryAfterSeconds: RETRY_SECONDS, cause: error });
  }
  if (kind === 'failed') return error;
  const message = `This can not be converted: ${reasonOf(error)}; accept it as stored with transfer-syntax=*`;
  return new DicomwebError('not-acceptable', message, { cause: error });
}

/** The outcome of what begins an answer, its faults as answers. */
export async function orRequestError<Result>(begun: Promise<Result>): Promise<Result> {
  try {
    return await begun;
  } catch (error) {
    throw requestError(error);
  }
}
