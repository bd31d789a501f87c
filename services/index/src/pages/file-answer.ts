/** Answers a request for one file of the pages or the viewer: coding, entity tag, 304 (RFC 9110 §13.1.2). Open to anyone: no patient data. */
import { entityTag, isNoneMatchFulfilled } from '@sandyq/dicomweb';
import type { Answer, OpenContext } from '@sandyq/http';
import { chooseEncoding, type EncodedBodies } from './encoded-bodies.ts';
import { fileTypeOf } from './media-type.ts';

/** A file as it is served. */
export interface ServedFile {
  /** Ends as its media type wants; unique among what shares the cache. */
  readonly name: string;
  /** Changes with its bytes. */
  readonly version: string;
  /** Whether its address changes with its bytes, so that it may be kept for good. */
  readonly isImmutable: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Its bytes; asked for when they are not in the cache. */
  readonly read: () => Promise<Buffer>;
}

const YEAR_SECONDS = 31_536_000;

/** The answer: 200 with the file in the best coding that the client takes, or 304. */
export async function fileAnswer(
  { headers }: Pick<OpenContext, 'headers'>,
  file: ServedFile,
  bodies: EncodedBodies,
): Promise<Answer> {
  const { contentType, isCompressible } = fileTypeOf(file.name);
  const encoding = isCompressible ? chooseEncoding(headers['accept-encoding']?.toString()) : 'identity';
  const tag = entityTag(file.version, encoding);
  const answerHeaders = {
    'Cache-Control': file.isImmutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
    ETag: tag,
    ...(isCompressible && { Vary: 'Accept-Encoding' }),
    ...file.headers,
  };
  if (isNoneMatchFulfilled(headers['if-none-match'], tag)) return { status: 304, headers: answerHeaders };
  return {
    status: 200,
    headers: {
      ...answerHeaders,
      'Content-Type': contentType,
      ...(encoding !== 'identity' && { 'Content-Encoding': encoding }),
    },
    body: await bodies.get(`${file.version}/${file.name}`, encoding, file.read),
  };
}
