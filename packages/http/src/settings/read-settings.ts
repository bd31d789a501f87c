/** From the environment to settings that are whole, typed and frozen, or to all faults at once. */
import { join, resolve } from 'node:path';
import { type AuthMode, isLoopback } from '@sandyq/auth';
import type { LogLevel } from '@sandyq/telemetry';
import { z } from 'zod';
import { COLD_NAMES, type ColdTierSettings, coldTierFaults, coldTierOf } from './cold-tier-of.ts';
import type { S3Settings } from './s3-settings.ts';
import type { Secret } from './secret.ts';
import { type SettingFault, SettingsError } from './settings-error.ts';
import { aboutSetting, settingSchemas } from './settings-table.ts';

/** Where objects are kept. */
export type ObjectStoreSettings =
  | { readonly kind: 'filesystem' /** Absolute path. */; readonly root: string }
  | S3Settings;

/** Where the index is kept. */
export type DatabaseSettings =
  | {
      readonly kind: 'embedded' /** Absolute path. */;
      readonly folder: string;
      readonly maxConnections: number;
    }
  | { readonly kind: 'external'; readonly url: Secret; readonly maxConnections: number };

/** The settings of a process. Paths are absolute, sizes in bytes. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Processes that serve this port together. Absent: the service decides. */
  readonly processes?: number;
  /** Without a slash at its end. */
  readonly publicUrl?: string;
  readonly authMode: AuthMode;
  readonly keyCacheSeconds: number;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: number;
  readonly maxConnections: number;
  readonly openMetrics: boolean;
  readonly logLevel: LogLevel;
  readonly dataFolder: string;
  readonly spoolFolder: string;
  readonly database: DatabaseSettings;
  readonly objectStore: ObjectStoreSettings;
  /** Where a second copy of every object is kept. */
  readonly replica?: S3Settings;
  /** Where old studies lie. */
  readonly coldTier?: ColdTierSettings;
  /** Days before whose end nothing is purged that was rejected. */
  readonly retentionGraceDays: number;
  /** The key that signs disposition certificates; absolute path. Absent: none is named, and the archive may not make one. */
  readonly signingKey?: { readonly file: string; readonly mayBeMade: boolean };
  /** Days for which backups are kept, for certificates. */
  readonly backupDays?: number;
  readonly maxInFlightBytes: number;
  readonly maxInFlightBytesPerSender: number;
  readonly minFreeDiskBytes: number;
  readonly maxStoreRequests: number;
  readonly senderStallSeconds: number;
  readonly databaseTimeoutSeconds: number;
  readonly s3TimeoutSeconds: number;
  readonly quarantineQuotaBytes: number;
  readonly supersedeGraceSeconds: number;
  readonly compactAfterSeconds: number;
  /** 0: nothing is joined in the background. */
  readonly compactBytesPerSecond: number;
  /** 0: nothing is read again in the background. */
  readonly fixityIntervalDays: number;
  readonly fixityBytesPerSecond: number;
  readonly commitmentBytesPerSecond: number;
  readonly reconcileObjectsPerSecond: number;
  readonly pictureCacheBytes: number;
  readonly metadataCacheBytes: number;
  readonly maxAnimationPixels: number;
  readonly crossScriptNames: boolean;
}

/** Names and texts, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const settingsSchema = z.object(settingSchemas);
type Values = z.output<typeof settingsSchema>;

/** Reads all settings; an empty text counts as unset. Throws {@link SettingsError} with every fault. */
export function readSettings(environment: Environment, { cwd }: { cwd: string }): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ''));
  const values = settingsSchema.safeParse(given);
  const faults = [
    ...(values.error?.issues.map((issue) => formFault(String(issue.path[0]), issue.message, given)) ?? []),
    ...storeFaults(given, S3_NAMES),
    ...storeFaults(given, REPLICA_NAMES),
    ...sameStoreFaults(given),
    ...storeFaults(given, COLD_NAMES),
    ...coldTierFaults(given, fault),
    ...authFaults(given),
  ];
  if (!values.success || faults.length > 0) throw new SettingsError(faults);
  return deepFreeze(compose(values.data, cwd));
}

/** Names that look like settings and are none: misspelt, or of another version. Worth a warning. */
export function unknownSettings(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => name.startsWith('SANDYQ_') && !(name in settingSchemas));
}

/** A value that has not the form it must have. The value is shown, unless it is a secret. */
function formFault(name: string, problem: string, given: Environment): SettingFault {
  const shown = SECRETS.has(name) ? '(not shown)' : JSON.stringify(given[name]?.slice(0, 100));
  return fault(name, `is ${shown}: it ${problem}`);
}

/** Settings whose value never stands in a message. */
const SECRETS: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'S3_SECRET_KEY',
  'S3_ACCESS_KEY',
  'S3_ENDPOINT',
  'S3_REPLICA_SECRET_KEY',
  'S3_REPLICA_ACCESS_KEY',
  'S3_REPLICA_ENDPOINT',
  'S3_COLD_SECRET_KEY',
  'S3_COLD_ACCESS_KEY',
  'S3_COLD_ENDPOINT',
  'SANDYQ_PUBLIC_URL',
]);

const S3_NAMES = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const;
const REPLICA_NAMES = [
  'S3_REPLICA_ENDPOINT',
  'S3_REPLICA_BUCKET',
  'S3_REPLICA_ACCESS_KEY',
  'S3_REPLICA_SECRET_KEY',
] as const;

function storeFaults(given: Environment, names: readonly string[]): SettingFault[] {
  const present = names.filter((name) => given[name] !== undefined);
  if (present.length === 0 || present.length === names.length) return [];
  const problem = `is not set, but ${present.join(', ')} ${present.length === 1 ? 'is' : 'are'}: set all of them or none`;
  return names.filter((name) => !present.includes(name)).map((name) => fault(name, problem));
}

/** A store that is its own replica would look safe and be one copy. */
function sameStoreFaults(given: Environment): SettingFault[] {
  const endpoint = given['S3_REPLICA_ENDPOINT'];
  const isSame =
    endpoint !== undefined &&
    endpoint.replace(/\/+$/, '') === given['S3_ENDPOINT']?.replace(/\/+$/, '') &&
    given['S3_REPLICA_BUCKET'] === given['S3_BUCKET'] &&
    (given['SANDYQ_S3_REPLICA_PREFIX'] ?? '') === (given['SANDYQ_S3_PREFIX'] ?? '');
  if (!isSame) return [];
  return [fault('S3_REPLICA_BUCKET', 'is the bucket of the store itself: a replica has to be another place')];
}

function authFaults(given: Environment): SettingFault[] {
  const host = settingSchemas.SANDYQ_HOST.safeParse(given['SANDYQ_HOST']);
  const mode = settingSchemas.SANDYQ_AUTH.safeParse(given['SANDYQ_AUTH']);
  if (!host.success || mode.data !== 'single-user' || isLoopback(host.data)) return [];
  const problem = `is single-user, which serves loopback addresses only, and SANDYQ_HOST is ${host.data}: it must be keys`;
  return [fault('SANDYQ_AUTH', problem)];
}

function fault(name: string, problem: string): SettingFault {
  const example = aboutSetting(name)?.example;
  return { name, problem, example: example === undefined ? name : `${name}=${example}` };
}

function compose(values: Values, cwd: string): Settings {
  const dataFolder = resolve(cwd, values.SANDYQ_DATA);
  return {
    host: values.SANDYQ_HOST,
    port: values.SANDYQ_PORT,
    ...(values.SANDYQ_PROCESSES !== undefined && { processes: values.SANDYQ_PROCESSES }),
    ...(values.SANDYQ_PUBLIC_URL !== undefined && { publicUrl: values.SANDYQ_PUBLIC_URL }),
    authMode: values.SANDYQ_AUTH,
    keyCacheSeconds: values.SANDYQ_KEY_CACHE_SECONDS,
    corsOrigins: values.SANDYQ_CORS_ORIGINS ?? [],
    trustedProxies: values.SANDYQ_TRUSTED_PROXIES,
    maxConnections: values.SANDYQ_MAX_CONNECTIONS,
    openMetrics: values.SANDYQ_OPEN_METRICS,
    logLevel: values.SANDYQ_LOG_LEVEL,
    dataFolder,
    spoolFolder:
      values.SANDYQ_SPOOL === undefined ? join(dataFolder, 'spool') : resolve(cwd, values.SANDYQ_SPOOL),
    database: databaseOf(values, dataFolder),
    objectStore: objectStoreOf(values, dataFolder),
    ...replicaOf(values),
    ...coldTierOf(values, cwd),
    retentionGraceDays: values.SANDYQ_RETENTION_GRACE_DAYS,
    ...signingKeyOf(values, { cwd, dataFolder }),
    ...(values.SANDYQ_BACKUP_DAYS !== undefined && { backupDays: values.SANDYQ_BACKUP_DAYS }),
    maxInFlightBytes: values.SANDYQ_MAX_IN_FLIGHT_BYTES,
    maxInFlightBytesPerSender: values.SANDYQ_MAX_IN_FLIGHT_BYTES_PER_SENDER,
    minFreeDiskBytes: values.SANDYQ_MIN_FREE_DISK_BYTES,
    maxStoreRequests: values.SANDYQ_MAX_STORE_REQUESTS,
    senderStallSeconds: values.SANDYQ_SENDER_STALL_SECONDS,
    databaseTimeoutSeconds: values.SANDYQ_DATABASE_TIMEOUT_SECONDS,
    s3TimeoutSeconds: values.SANDYQ_S3_TIMEOUT_SECONDS,
    quarantineQuotaBytes: values.SANDYQ_QUARANTINE_QUOTA_BYTES,
    supersedeGraceSeconds: values.SANDYQ_SUPERSEDE_GRACE_SECONDS,
    compactAfterSeconds: values.SANDYQ_COMPACT_AFTER_SECONDS,
    compactBytesPerSecond: values.SANDYQ_COMPACT_BYTES_PER_SECOND,
    fixityIntervalDays: values.SANDYQ_FIXITY_INTERVAL_DAYS,
    fixityBytesPerSecond: values.SANDYQ_FIXITY_BYTES_PER_SECOND,
    commitmentBytesPerSecond: values.SANDYQ_COMMITMENT_BYTES_PER_SECOND,
    reconcileObjectsPerSecond: values.SANDYQ_RECONCILE_OBJECTS_PER_SECOND,
    pictureCacheBytes: values.SANDYQ_PICTURE_CACHE_BYTES,
    metadataCacheBytes: values.SANDYQ_METADATA_CACHE_BYTES,
    maxAnimationPixels: values.SANDYQ_MAX_ANIMATION_PIXELS,
    crossScriptNames: values.SANDYQ_CROSS_SCRIPT_NAMES,
  };
}

/** Beside an embedded database the archive keeps what it needs; elsewhere a key of its own would be one in each process. */
function signingKeyOf(
  { SANDYQ_SIGNING_KEY: named, DATABASE_URL: url }: Values,
  { cwd, dataFolder }: { readonly cwd: string; readonly dataFolder: string },
): Pick<Settings, 'signingKey'> {
  if (named !== undefined) return { signingKey: { file: resolve(cwd, named), mayBeMade: false } };
  return url === undefined
    ? { signingKey: { file: join(dataFolder, 'signing-key.pem'), mayBeMade: true } }
    : {};
}

function databaseOf(values: Values, dataFolder: string): DatabaseSettings {
  const maxConnections = values.SANDYQ_DATABASE_CONNECTIONS;
  const url = values.DATABASE_URL;
  return url === undefined
    ? { kind: 'embedded', folder: join(dataFolder, 'postgres'), maxConnections }
    : { kind: 'external', url, maxConnections };
}

function objectStoreOf(values: Values, dataFolder: string): ObjectStoreSettings {
  const {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
  } = values;
  if (endpoint === undefined || bucket === undefined || accessKey === undefined || secretKey === undefined) {
    return { kind: 'filesystem', root: join(dataFolder, 'objects') };
  }
  return {
    kind: 's3',
    endpoint,
    region: values.S3_REGION,
    bucket,
    accessKey,
    secretKey,
    ...(values.SANDYQ_S3_PREFIX !== undefined && { prefix: values.SANDYQ_S3_PREFIX }),
    pathStyle: values.SANDYQ_S3_PATH_STYLE,
  };
}

function replicaOf(values: Values): { replica?: S3Settings } {
  const {
    S3_REPLICA_ENDPOINT: endpoint,
    S3_REPLICA_BUCKET: bucket,
    S3_REPLICA_ACCESS_KEY: accessKey,
    S3_REPLICA_SECRET_KEY: secretKey,
  } = values;
  if (endpoint === undefined || bucket === undefined || accessKey === undefined || secretKey === undefined) {
    return {};
  }
  const prefix = values.SANDYQ_S3_REPLICA_PREFIX;
  return {
    replica: {
      kind: 's3',
      endpoint,
      region: values.S3_REPLICA_REGION,
      bucket,
      accessKey,
      secretKey,
      ...(prefix !== undefined && { prefix }),
      pathStyle: values.SANDYQ_S3_REPLICA_PATH_STYLE,
    },
  };
}

function deepFreeze<T extends object>(object: T): T {
  for (const value of Object.values(object))
    if (typeof value === 'object' && value !== null) deepFreeze(value);
  return Object.freeze(object);
}
