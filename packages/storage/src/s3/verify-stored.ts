// After a put whose outcome is unknown: is the object there, and is it ours?
import { createHash } from 'node:crypto';
import { StorageError } from '../errors.ts';
import type { ByteRange } from '../object-store.ts';
import { readObject } from './read-object.ts';
import type { S3Connection } from './s3-connection.ts';
import { type S3Stat, statObject } from './stat-object.ts';
import type { UploadSource } from './upload-source.ts';

/**
 * What an ETag is: the `md5` of the bytes, as the protocol has it without encryption; or `opaque`, where a store
 * encrypts with keys of its own (SSE-KMS) and the ETag says nothing.
 */
export type EtagKind = 'md5' | 'opaque';

/** One object to be put. `objectName` is the key with the store's prefix. */
export interface Upload {
  readonly connection: S3Connection;
  readonly objectName: string;
  readonly source: UploadSource;
  readonly etag: EtagKind;
  /** Sent with the put, or with the beginning of a multipart upload. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** A piece of an upload and its MD5 in hex. */
export interface SentPiece {
  readonly range: ByteRange;
  readonly md5: string;
}

/**
 * Whether the object is there with exactly the sent bytes: by size and ETag, or by reading it back where the ETag
 * does not tell. False if there is no object; `exists` if there is another one; `unavailable` if it can't be told.
 * `cause` is what made the outcome unknown.
 */
export async function isStored(
  upload: Upload,
  parts: readonly SentPiece[],
  cause: unknown,
): Promise<boolean> {
  const { objectName, source, signal } = upload;
  let found: S3Stat | undefined;
  let same: boolean;
  try {
    found = await statObject(upload.connection, objectName, signal);
    if (found === undefined) return false;
    same = found.size === source.size && (await sameBytes(upload, found, parts));
  } catch {
    const message = `put ${objectName}: the outcome is unknown, and the object cannot be looked at`;
    throw new StorageError('unavailable', message, { cause });
  }
  if (same) return true;
  throw new StorageError('exists', `put ${objectName}: the key holds another object`, { cause });
}

async function sameBytes(upload: Upload, found: S3Stat, parts: readonly SentPiece[]): Promise<boolean> {
  const only = parts.length === 1 ? parts[0] : undefined;
  if (upload.etag === 'md5' && only !== undefined && found.etag === only.md5) return true;
  for (const { range, md5 } of parts) {
    const hash = createHash('md5');
    const stream = await readObject(upload.connection, upload.objectName, range, upload.signal);
    for await (const chunk of stream) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== md5) return false;
  }
  return true;
}
