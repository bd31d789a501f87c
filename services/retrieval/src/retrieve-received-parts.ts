/**
 * `GET /originals/{study}/{series}/{instance}/parts`: the parts that an instance was composed of, where it was sent as metadata
 * and bulk data (PS3.18 §10.5.1.4): multipart/related, each part bit for bit with its Content-Type and Content-Location.
 */
import { boundaryFrom, essenceOf, MultipartWriter, octetStream, parseMediaType } from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import { entryReference, openSegment, type ReceiptEntry, readEntry } from '@sandyq/storage';
import { answerBody } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { findInstance } from './find-instances.ts';
import { multipartBody } from './multipart-body.ts';
import { recordDamage } from './read-entry.ts';

/** Answers 200; 404 where the instance came as one file, which `/originals/{study}/{series}/{instance}` has. */
export async function retrieveReceivedParts(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const { location } = await findInstance(dependencies, context);
  const { objectKey, sopInstanceUid } = location;
  const { receipt } = await openSegment(dependencies.store, objectKey, { signal: context.signal });
  const entries = receipt.entries.filter(
    (entry) => entry.role === 'received' && entry.sopInstanceUid === sopInstanceUid,
  );
  const [metadata] = entries;
  if (metadata === undefined) {
    throw new HttpError(
      'not-found',
      'This instance was received as one file, not as metadata and bulk data.',
    );
  }
  const mediaType = parseMediaType(metadata.received?.contentType ?? '');
  const type = mediaType === undefined ? octetStream : essenceOf(mediaType);
  const writer = new MultipartWriter({ type, boundary: boundaryFrom(Buffer.from(metadata.sha256, 'hex')) });
  const parts = entries.map((entry) => ({
    fields: fieldsOf(entry),
    body: verified(dependencies, context, { objectKey, entry }),
  }));
  return {
    status: 200,
    headers: { 'Content-Type': writer.contentType, 'Cache-Control': 'private, no-cache' },
    body: await answerBody(multipartBody(writer, parts)),
  };
}

function fieldsOf({ received, length }: ReceiptEntry) {
  const { contentType = octetStream, contentLocation } = received ?? {};
  return { contentType, contentLength: length, ...(contentLocation !== undefined && { contentLocation }) };
}

async function* verified(
  dependencies: RetrievalDependencies,
  { signal, logger }: RequestContext,
  { objectKey, entry }: { readonly objectKey: string; readonly entry: ReceiptEntry },
): AsyncGenerator<Uint8Array> {
  try {
    yield* readEntry(dependencies.store, entryReference(objectKey, entry), undefined, signal);
  } catch (error) {
    recordDamage(dependencies, { objectKey, ordinal: entry.ordinal }, logger, error);
    throw error;
  }
}
