// A multipart upload with an upload id of its own, never a resumed one: parts from the spool file with known length
// and MD5, each part's ETag compared, the key looked at before completion, the size after it.
import { isStorageError, StorageError } from '../errors.ts';
import type { ByteRange } from '../object-store.ts';
import { answerText } from './answer.ts';
import { sendPut } from './send-put.ts';
import { statObject } from './stat-object.ts';
import { isStored, type SentPiece, type Upload } from './verify-stored.ts';

/** Bounds of a multipart upload. */
export interface MultipartOptions {
  /** Bytes of a part; more where an object would need over 10,000 parts. */
  readonly partSizeBytes: number;
  /** Parts sent at the same time. */
  readonly partConcurrency: number;
  /** A completion on which nothing moves for so long is looked after, in ms. */
  readonly completionTimeoutMs: number;
  /** Told when an upload that failed could not be aborted. */
  readonly onCleanupFailure: (error: unknown) => void;
}

/** A part that the store has, and what it calls it. */
interface SentPart extends SentPiece {
  readonly etag: string;
}

/** Parts that the protocol allows. */
const maximumParts = 10_000;

/**
 * Puts a source in parts. A multipart upload cannot be conditional on every server (Ceph ignores `If-None-Match` at
 * completion), so two writers of one key within one moment may both succeed: the caller's keys are never used twice.
 */
export async function putMultipart(upload: Upload, options: MultipartOptions): Promise<void> {
  const { connection, objectName, signal } = upload;
  const { bucket } = connection;
  const begin = { what: `begin upload of ${objectName}`, signal };
  const headers = { ...upload.headers, 'content-type': 'application/octet-stream' };
  const uploadId: unknown = await connection.call(begin, (client) =>
    client.initiateNewMultipartUpload(bucket, objectName, headers),
  );
  if (typeof uploadId !== 'string') throw new StorageError('bad-answer', `${begin.what}: no upload id`);
  try {
    const parts = await sendParts(upload, uploadId, options);
    await assertAbsent(upload);
    await complete(upload, uploadId, parts, options);
  } catch (error) {
    const abort = { what: `abort upload of ${objectName}` };
    await connection
      .call(abort, (client) => client.abortMultipartUpload(bucket, objectName, uploadId))
      .catch(options.onCleanupFailure);
    throw error;
  }
  await assertSize(upload);
}

/** Ranges of equal size, the last one shorter. */
export function partRanges(size: number, partSizeBytes: number): ByteRange[] {
  const length = Math.max(partSizeBytes, Math.ceil(size / maximumParts));
  const count = Math.max(1, Math.ceil(size / length));
  return Array.from({ length: count }, (_, index) => {
    const offset = index * length;
    return { offset, length: Math.min(length, size - offset) };
  });
}

async function sendParts(upload: Upload, uploadId: string, options: MultipartOptions): Promise<SentPart[]> {
  const ranges = partRanges(upload.source.size, options.partSizeBytes);
  const sent: SentPart[] = [];
  const failed = new AbortController();
  const signal = upload.signal ? AbortSignal.any([upload.signal, failed.signal]) : failed.signal;
  const queue = ranges.entries();
  const worker = async (): Promise<void> => {
    for (const [index, range] of queue) {
      sent[index] = await sendPart({ ...upload, signal }, uploadId, index + 1, range);
    }
  };
  const workers = Array.from({ length: options.partConcurrency }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  // All have to be at rest before the upload is aborted, or a late part would stay behind; the first failure counts.
  await Promise.allSettled(workers);
  if (upload.signal?.aborted !== true && failed.signal.aborted) throw failed.signal.reason;
  await Promise.all(workers);
  return sent;
}

async function sendPart(
  upload: Upload,
  uploadId: string,
  partNumber: number,
  range: ByteRange,
): Promise<SentPart> {
  const { connection, objectName, source, signal } = upload;
  const md5 = await source.md5(range);
  const what = `put part ${partNumber} of ${objectName}`;
  const query = `partNumber=${partNumber}&uploadId=${encodeURIComponent(uploadId)}`;
  const etag = await sendPut({ connection, call: { what, signal }, objectName, query, source, range, md5 });
  if (etag === '') throw new StorageError('bad-answer', `${what}: the store answers no ETag`);
  if (upload.etag === 'md5' && etag !== md5) {
    throw new StorageError('damaged', `${what}: sent MD5 ${md5}, the store answers ${etag}`);
  }
  return { range, md5, etag };
}

async function assertAbsent({ connection, objectName, signal }: Upload): Promise<void> {
  const found = await statObject(connection, objectName, signal);
  if (found !== undefined) throw new StorageError('exists', `${objectName} exists`);
}

async function complete(
  upload: Upload,
  uploadId: string,
  parts: readonly SentPart[],
  options: MultipartOptions,
): Promise<void> {
  const { connection, objectName, signal } = upload;
  const what = `complete upload of ${objectName}`;
  const request = {
    method: 'POST',
    bucketName: connection.bucket,
    objectName,
    query: `uploadId=${encodeURIComponent(uploadId)}`,
    headers: { 'content-type': 'application/xml', 'if-none-match': '*' },
  };
  try {
    const call = { what, signal, idleTimeoutMs: options.completionTimeoutMs };
    const answer = await connection.call(call, async (client) =>
      answerText(await client.makeRequestAsync(request, completionXml(parts))),
    );
    // The status is sent before the work is done: a failure may come with status 200.
    if (answer.includes('<CompleteMultipartUploadResult')) return;
    throw new StorageError(
      'unavailable',
      `${what}: ${/<Code>(\w+)<\/Code>/.exec(answer)?.[1] ?? 'no result'}`,
    );
  } catch (error) {
    if (isStorageError(error, 'unavailable') && (await isStored(upload, parts, error))) return;
    throw error;
  }
}

/** ETags come from the server and go back as they came; they are hex, or at least free of markup. */
function completionXml(parts: readonly SentPart[]): string {
  const list = parts.map(({ etag }, index) => {
    const escaped = etag.replaceAll(/[<>&]/g, '');
    return `<Part><PartNumber>${index + 1}</PartNumber><ETag>&quot;${escaped}&quot;</ETag></Part>`;
  });
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${namespace}">${list.join('')}</CompleteMultipartUpload>`;
}

async function assertSize({ connection, objectName, source, signal }: Upload): Promise<void> {
  const found = await statObject(connection, objectName, signal);
  if (found?.size === source.size) return;
  const size = found === undefined ? 'no object' : `${found.size} bytes`;
  throw new StorageError('damaged', `${objectName}: sent ${source.size} bytes, the store has ${size}`);
}
