/**
 * The body of a Store request, part by part (PS3.18 §10.5.1.4, §8.6.1): Part 10 files go into segments as they come, metadata
 * and bulk data are gathered until the body has ended.
 */
import {
  boundaryOf,
  dicomJsonType,
  dicomXmlType,
  essenceOf,
  type MediaType,
  octetStream,
  type Part,
  parseMediaType,
  readMultipartRelated,
} from '@sandyq/dicomweb';
import { HttpError } from '@sandyq/http';
import type { IngestDependencies } from './dependencies.ts';
import { MetadataParts, type PartName } from './metadata-parts.ts';
import { storeMetadata } from './store-metadata.ts';
import type { StoreSession } from './store-session.ts';

const dicomType = 'application/dicom';

/** What is received. */
export interface ReceivedRequest {
  /** Content-Type of the request. */
  readonly contentType: string | undefined;
  /** Without its query. */
  readonly url: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Makes sure that so many bytes beyond those of the body can be written. */
  readonly reserve: (bytes: number) => Promise<void>;
}

/** Receives everything. Throws HttpError 'unsupported-media-type' and the errors of readMultipartRelated. */
export async function receiveRequest(
  { spool }: Pick<IngestDependencies, 'spool'>,
  request: ReceivedRequest,
  session: StoreSession,
): Promise<void> {
  const contentType = parseMediaType(request.contentType ?? '');
  const essence = contentType && essenceOf(contentType);
  if (essence === dicomType) return session.receive(request.body);
  if (contentType === undefined || !isMultipartOrMetadata(essence)) {
    throw new HttpError(
      'unsupported-media-type',
      `Send multipart/related with parts of ${dicomType}, or of ${dicomJsonType} or ${dicomXmlType} and bulk data; ` +
        `or one instance as ${dicomType}, or without bulk data as ${dicomJsonType} or ${dicomXmlType}.`,
    );
  }
  const parts = new MetadataParts(spool, request.url);
  try {
    if (essence === 'multipart/related') await receiveParts(contentType, request, session, parts);
    else await addMetadata(parts, nameOf(request.contentType ?? '', undefined), contentType, request.body);
    const transferSyntax = contentType.parameters.get('transfer-syntax');
    await storeMetadata(parts, session, { transferSyntax, reserve: request.reserve });
  } finally {
    await parts.discard();
  }
}

function isMultipartOrMetadata(essence: string | undefined): boolean {
  return essence === 'multipart/related' || essence === dicomJsonType || essence === dicomXmlType;
}

async function receiveParts(
  contentType: MediaType,
  { body }: ReceivedRequest,
  session: StoreSession,
  parts: MetadataParts,
): Promise<void> {
  boundaryOf(contentType);
  const root = rootTypeOf(contentType);
  for await (const part of readMultipartRelated(body, contentType)) {
    await receivePart(part, root, session, parts);
  }
}

/** The type of the parts (RFC 2387 §3.1); the one that was there first, where none is named. */
function rootTypeOf(contentType: MediaType): string {
  const named = parseMediaType(contentType.parameters.get('type') ?? '');
  return named === undefined ? dicomType : essenceOf(named);
}

async function receivePart(
  part: Part,
  root: string,
  session: StoreSession,
  parts: MetadataParts,
): Promise<void> {
  const location = part.headers.get('content-location');
  const isBulkRequest = root === dicomJsonType || root === dicomXmlType || parts.metadata.length > 0;
  const text =
    part.headers.get('content-type') ?? (isBulkRequest && location !== undefined ? octetStream : root);
  const type = parseMediaType(text);
  if (part.fault !== undefined || type === undefined || isTransferEncoded(part)) {
    session.refuse('part-headers');
    return;
  }
  const essence = essenceOf(type);
  if (essence === dicomType) await session.receive(part.body);
  else if (essence === dicomJsonType || essence === dicomXmlType)
    await addMetadata(parts, nameOf(text, location), type, part.body);
  else if (isBulkRequest && type.type !== 'multipart' && type.type !== 'message')
    await parts.addBulk(nameOf(text, location), part.body);
  else session.refuse('unsupported-media-type');
}

/** HTTP is 8-bit clean: parts in base64 (RFC 2045 §6) or compressed would be taken for what they are not. */
function isTransferEncoded({ headers }: Part): boolean {
  const transfer = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  const content = headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  return !['binary', '8bit', '7bit'].includes(transfer) || content !== 'identity';
}

function addMetadata(
  parts: MetadataParts,
  name: PartName,
  type: MediaType,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  return essenceOf(type) === dicomJsonType ? parts.addJson(name, body) : parts.addXml(name, body);
}

function nameOf(contentType: string, contentLocation: string | undefined): PartName {
  return { contentType, contentLocation };
}
