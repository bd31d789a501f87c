/** A single part of known length, or the range of it that the client asks for (RFC 9110 §14). */
import { contentRange, DicomwebError, isRangeWanted, parseRange, unsatisfiedRange } from '@sandyq/dicomweb';
import { type Answer, type AnswerHeaders, HttpError, type RequestContext } from '@sandyq/http';
import type { ByteRange } from '@sandyq/storage';
import { answerBody } from './begun-source.ts';

/** Bytes that can be read from anywhere. */
export interface RangedContent {
  /** Entity tag, for If-Range. */
  readonly tag: string;
  readonly length: number;
  readonly open: (range: ByteRange) => AsyncIterable<Uint8Array>;
}

/** 200 with all bytes, 206 with a range of them, or 416 (thrown as HttpError). `headers` are those of every answer. */
export async function rangedAnswer(
  { headers: { range: rangeHeader, 'if-range': ifRange } }: Pick<RequestContext, 'headers'>,
  { tag, length, open }: RangedContent,
  headers: AnswerHeaders,
): Promise<Answer> {
  const wanted = isRangeWanted(typeof ifRange === 'string' ? ifRange : undefined, tag)
    ? rangeHeader
    : undefined;
  const range = satisfiable(wanted, length);
  const body = await answerBody(open(range ?? { offset: 0, length }));
  const common = { ...headers, 'Accept-Ranges': 'bytes', 'Content-Length': range?.length ?? length };
  if (range === undefined) return { status: 200, headers: common, body };
  return { status: 206, headers: { ...common, 'Content-Range': contentRange(range, length) }, body };
}

function satisfiable(header: string | undefined, length: number): ByteRange | undefined {
  try {
    return parseRange(header, length);
  } catch (error) {
    if (!(error instanceof DicomwebError) || error.code !== 'range-not-satisfiable') throw error;
    throw new HttpError('range-not-satisfiable', error.message, {
      headers: { 'Content-Range': unsatisfiedRange(length) },
      cause: error,
    });
  }
}
