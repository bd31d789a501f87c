// S3 Object Lock of the versions of an object. A bucket has it only if it was made with it.
import type { Client } from 'minio';
import { isStorageError, StorageError } from '../errors.ts';
import type { ObjectLock } from '../object-locks.ts';
import { versionsOf } from './object-versions.ts';
import type { S3Connection } from './s3-connection.ts';
import { assertBucket } from './stat-object.ts';

type Signal = AbortSignal | undefined;

/** Nobody can shorten it, the owner of the account neither. */
const MODE = 'COMPLIANCE';

/** Whether the bucket locks objects. */
export async function bucketCanLock(connection: S3Connection, signal: Signal): Promise<boolean> {
  const { bucket } = connection;
  const call = { what: `look whether ${bucket} locks objects`, signal };
  try {
    const config = await connection.call(call, async (client): Promise<unknown> => {
      // Its type says void; it is a promise.
      const asked: unknown = client.getObjectLockConfig(bucket);
      return await asked;
    });
    return isEnabled(config);
  } catch (error) {
    if (isUnknownToServer(error)) return false;
    if (!isStorageError(error, 'not-found')) throw error;
    await assertBucket(connection, signal);
    return false;
  }
}

function isEnabled(config: unknown): boolean {
  return (
    typeof config === 'object' &&
    config !== null &&
    'objectLockEnabled' in config &&
    config.objectLockEnabled === 'Enabled'
  );
}

/** A server that does not know what is asked of it. */
function isUnknownToServer(error: unknown): boolean {
  return isStorageError(error) && reasonOf(error.cause) === 'NotImplemented';
}

function reasonOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}

/** What keeps any version of the object. Throws StorageError('not-found'). */
export async function readLock(
  connection: S3Connection,
  objectName: string,
  signal: Signal,
): Promise<ObjectLock> {
  let hasLegalHold = false;
  let retainedUntil: Date | undefined;
  for (const versionId of await lockableVersions(connection, objectName, signal)) {
    const lock = await lockOfVersion(connection, { objectName, versionId }, signal);
    hasLegalHold ||= lock.hasLegalHold;
    retainedUntil = laterOf(retainedUntil, lock.retainedUntil);
  }
  return { hasLegalHold, retainedUntil };
}

function laterOf(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}

async function lockableVersions(
  connection: S3Connection,
  objectName: string,
  signal: Signal,
): Promise<string[]> {
  const versions = await versionsOf(connection, objectName, signal);
  const withBytes = versions.filter(({ isDeleteMarker }) => !isDeleteMarker);
  if (withBytes.length > 0) return withBytes.map(({ versionId }) => versionId);
  await assertBucket(connection, signal);
  throw new StorageError('not-found', `no object ${objectName}`);
}

/** One version of an object. */
interface VersionName {
  readonly objectName: string;
  readonly versionId: string;
}

/** The lock of one version. */
export async function lockOfVersion(
  connection: S3Connection,
  { objectName, versionId }: VersionName,
  signal: Signal,
): Promise<ObjectLock> {
  const call = { what: `read the lock of ${objectName}`, signal };
  const ask = <Result>(run: (client: Client) => Promise<Result>): Promise<Result | undefined> =>
    connection.call(call, run).catch(undefinedIfNone);
  const { bucket } = connection;
  const hold: unknown = await ask((client) => client.getObjectLegalHold(bucket, objectName, { versionId }));
  const retention = await ask((client) => client.getObjectRetention(bucket, objectName, { versionId }));
  const until = retention?.retainUntilDate;
  return {
    hasLegalHold: isOn(hold),
    retainedUntil: until === undefined ? undefined : new Date(until),
  };
}

/** Servers answer so where nothing is set. */
function undefinedIfNone(error: unknown): undefined {
  if (isStorageError(error, 'not-found')) return undefined;
  throw error;
}

/** The client says that it gives the word; it gives the element around it. */
function isOn(hold: unknown): boolean {
  const status = typeof hold === 'object' && hold !== null && 'Status' in hold ? hold.Status : hold;
  return status === 'ON';
}

/** Puts the legal hold of every version on or off. */
export async function setLegalHold(
  connection: S3Connection,
  { objectName, isOn: on }: { readonly objectName: string; readonly isOn: boolean },
  signal: Signal,
): Promise<void> {
  const what = `${on ? 'put' : 'take'} the legal hold ${on ? 'on' : 'off'} ${objectName}`;
  for (const versionId of await lockableVersions(connection, objectName, signal)) {
    await connection.call({ what, signal }, async (client) => {
      // Its type says void; it is a promise.
      const done: unknown = client.setObjectLegalHold(connection.bucket, objectName, {
        versionId,
        status: on ? 'ON' : 'OFF',
      });
      await done;
    });
  }
}

/** Keeps every version at least until then. */
export async function retainUntil(
  connection: S3Connection,
  { objectName, until }: { readonly objectName: string; readonly until: Date },
  signal: Signal,
): Promise<void> {
  for (const versionId of await lockableVersions(connection, objectName, signal)) {
    const { retainedUntil } = await lockOfVersion(connection, { objectName, versionId }, signal);
    if (retainedUntil !== undefined && retainedUntil >= until) continue;
    await connection.call({ what: `retain ${objectName}`, signal }, (client) =>
      client.putObjectRetention(connection.bucket, objectName, {
        mode: MODE,
        // Of whole seconds: not every server reads parts of one.
        retainUntilDate: `${until.toISOString().slice(0, 19)}Z`,
        versionId,
      }),
    );
  }
}
