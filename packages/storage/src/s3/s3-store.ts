// The object store in a bucket of any S3-compatible server (Ceph RGW, AWS, MinIO …).
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StorageError } from '../errors.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { assertKey, assertPrefix } from '../key.ts';
import type { ObjectLock, ObjectLocks } from '../object-locks.ts';
import type {
  ArchivedObjects,
  ByteRange,
  ListOptions,
  ObjectStat,
  ObjectStore,
  RangeOptions,
  RangeReads,
  SealedFile,
  StoreMaintenance,
} from '../object-store.ts';
import { maximumPutBytes } from '../object-store.ts';
import { assertRange, assertShortRange, newMemory } from '../range.ts';
import { deleteObject } from './delete-object.ts';
import { listObjects } from './list-objects.ts';
import { bucketCanLock, readLock, retainUntil, setLegalHold } from './object-locks.ts';
import { type MultipartOptions, putMultipart } from './put-multipart.ts';
import { putSingle } from './put-single.ts';
import { readObject } from './read-object.ts';
import { restoreObject } from './restore-object.ts';
import { S3Connection, type S3ConnectionOptions } from './s3-connection.ts';
import { assertBucket, statObject } from './stat-object.ts';
import { abortUnfinishedUploads } from './unfinished-uploads.ts';
import { bytesSource, fileSource, type UploadSource } from './upload-source.ts';
import type { EtagKind } from './verify-stored.ts';

/** What {@link createS3Store} needs. The bucket exists; whether it keeps versions or locks objects is its own affair. */
export interface S3StoreOptions extends S3ConnectionOptions {
  /** Put before every key, for instance `archive/`; empty or ending in `/`. Default ''. */
  readonly prefix?: string;
  /** Objects up to this size go in one PUT, which is atomic and conditional. Default 64 MiB. */
  readonly singlePutLimitBytes?: number;
  /** Bytes of a part of larger ones, at least 5 MiB. Default 64 MiB. */
  readonly partSizeBytes?: number;
  /** Parts of one object sent at the same time. Default 3. */
  readonly partConcurrency?: number;
  /** What the store's ETags are; default `md5`. Set `opaque` where a bucket encrypts with SSE-KMS. */
  readonly etag?: EtagKind;
  /** How long the server may take to join the parts without a sign of life. Default 300 000 ms. */
  readonly completionTimeoutMs?: number;
  /** Where spool files are read; default {@link nodeFileSystem}. */
  readonly fileSystem?: FileSystem;
  /** Storage class of what is put; default: the bucket's. */
  readonly storageClass?: string;
  /** Told when a failed upload could not be aborted; {@link StoreMaintenance.removeUnfinished} finds it later. */
  readonly onCleanupFailure?: (error: unknown) => void;
}

const mebibyte = 1024 * 1024;
/** Smallest part that the protocol allows, except the last. */
const minimumPartBytes = 5 * mebibyte;

/** An object store in a bucket. Does no I/O before its first call. Throws `invalid-argument` for wrong options. */
export function createS3Store(
  options: S3StoreOptions,
): ObjectStore & StoreMaintenance & RangeReads & ObjectLocks & ArchivedObjects {
  return new S3Store(options);
}

class S3Store implements ObjectStore, StoreMaintenance, RangeReads, ObjectLocks, ArchivedObjects {
  readonly kind = 's3';
  readonly #connection: S3Connection;
  readonly #prefix: string;
  readonly #singlePutLimitBytes: number;
  readonly #multipart: MultipartOptions;
  readonly #etag: EtagKind;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fileSystem: FileSystem;

  constructor(options: S3StoreOptions) {
    this.#prefix = options.prefix ?? '';
    assertPrefix(this.#prefix);
    if (this.#prefix !== '' && !this.#prefix.endsWith('/')) throw invalid('the prefix has to end in "/"');
    this.#multipart = multipartOptions(options);
    this.#connection = new S3Connection(options);
    this.#singlePutLimitBytes = options.singlePutLimitBytes ?? 64 * mebibyte;
    this.#etag = options.etag ?? 'md5';
    const { storageClass } = options;
    this.#headers = storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass };
    this.#fileSystem = options.fileSystem ?? nodeFileSystem();
  }

  async putFile(key: string, file: SealedFile, signal?: AbortSignal): Promise<void> {
    const objectName = this.#nameOf(key);
    await this.#put(objectName, await fileSource(this.#fileSystem, file), signal);
  }

  async putBytes(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const objectName = this.#nameOf(key);
    if (bytes.length > maximumPutBytes)
      throw invalid(`${key}: putBytes takes ${maximumPutBytes} bytes at most`);
    await this.#put(objectName, bytesSource(bytes), signal);
  }

  async stat(key: string, signal?: AbortSignal): Promise<ObjectStat | undefined> {
    const found = await statObject(this.#connection, this.#nameOf(key), signal);
    return found && { key, size: found.size, lastModified: found.lastModified };
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    if (range !== undefined) assertRange(range);
    return readObject(this.#connection, this.#nameOf(key), range, signal);
  }

  /** One GET. */
  async readRange(key: string, range: ByteRange, options: RangeOptions = {}): Promise<Buffer> {
    assertShortRange(range);
    const stream: AsyncIterable<Uint8Array> = await this.read(key, range, options.signal);
    const bytes = (options.allocate ?? newMemory)(range.length);
    let filled = 0;
    for await (const chunk of stream) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectStat> {
    return listObjects(this.#connection, this.#prefix, prefix, options);
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await deleteObject(this.#connection, this.#nameOf(key), signal);
  }

  /** Begins an upload and aborts it: that needs the same permission as a put, and leaves nothing behind. */
  async check(signal?: AbortSignal): Promise<void> {
    await assertBucket(this.#connection, signal);
    const { bucket } = this.#connection;
    const objectName = `${this.#prefix}check/${randomUUID()}`;
    const uploadId = await this.#connection.call({ what: 'begin an upload', signal }, (client) =>
      client.initiateNewMultipartUpload(bucket, objectName, {}),
    );
    await this.#connection.call({ what: 'abort an upload' }, (client) =>
      client.abortMultipartUpload(bucket, objectName, uploadId),
    );
  }

  /** An object that can be seen in S3 is durable. */
  async settle(key: string, signal?: AbortSignal): Promise<void> {
    if ((await this.stat(key, signal)) === undefined) throw new StorageError('not-found', `no object ${key}`);
  }

  async removeUnfinished(before: Date, signal?: AbortSignal): Promise<number> {
    return abortUnfinishedUploads(this.#connection, this.#prefix, before, signal);
  }

  async canLock(signal?: AbortSignal): Promise<boolean> {
    return bucketCanLock(this.#connection, signal);
  }

  async readLock(key: string, signal?: AbortSignal): Promise<ObjectLock> {
    return readLock(this.#connection, this.#nameOf(key), signal);
  }

  async setLegalHold(key: string, isOn: boolean, signal?: AbortSignal): Promise<void> {
    await setLegalHold(this.#connection, { objectName: this.#nameOf(key), isOn }, signal);
  }

  async retainUntil(key: string, until: Date, signal?: AbortSignal): Promise<void> {
    await retainUntil(this.#connection, { objectName: this.#nameOf(key), until }, signal);
  }

  async restore(key: string, signal?: AbortSignal): Promise<void> {
    await restoreObject(this.#connection, this.#nameOf(key), signal);
  }

  async #put(objectName: string, source: UploadSource, signal: AbortSignal | undefined): Promise<void> {
    const [connection, etag, headers] = [this.#connection, this.#etag, this.#headers];
    const upload = { connection, objectName, source, etag, headers, signal };
    if (source.size <= this.#singlePutLimitBytes) await putSingle(upload);
    else await putMultipart(upload, this.#multipart);
  }

  #nameOf(key: string): string {
    assertKey(key);
    return this.#prefix + key;
  }
}

function multipartOptions(options: S3StoreOptions): MultipartOptions {
  const multipart = {
    partSizeBytes: options.partSizeBytes ?? 64 * mebibyte,
    partConcurrency: options.partConcurrency ?? 3,
    completionTimeoutMs: options.completionTimeoutMs ?? 300_000,
    onCleanupFailure: options.onCleanupFailure ?? (() => undefined),
  };
  if (multipart.partSizeBytes < minimumPartBytes)
    throw invalid(`a part has at least ${minimumPartBytes} bytes`);
  if (multipart.partConcurrency < 1) throw invalid('partConcurrency is at least 1');
  return multipart;
}

function invalid(message: string): StorageError {
  return new StorageError('invalid-argument', message);
}
