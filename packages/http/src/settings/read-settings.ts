/** From the environment to settings that are whole, typed and frozen, or to all faults at once. */
import { join, resolve } from 'node:path';
import { type AuthMode, isLoopback } from '@sandyq/auth';
import type { LogLevel } from '@sandyq/telemetry';
import { z } from 'zod';
import type { Secret } from './secret.ts';
import { type SettingFault, SettingsError } from './settings-error.ts';
import { aboutSetting, settingSchemas } from './settings-table.ts';

/** Where objects are kept. */
export type ObjectStoreSettings =
  | { readonly kind: 'filesystem' /** Absolute path. */; readonly root: string }
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly accessKey: string;
      readonly secretKey: Secret;
      readonly prefix?: string;
      readonly pathStyle: boolean;
    };

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
  readonly maxInFlightBytes: number;
  readonly maxInFlightBytesPerSender: number;
  readonly minFreeDiskBytes: number;
  readonly quarantineQuotaBytes: number;
  readonly supersedeGraceSeconds: number;
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
    ...storeFaults(given),
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
  'SANDYQ_PUBLIC_URL',
]);

const S3_NAMES = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const;

function storeFaults(given: Environment): SettingFault[] {
  const present = S3_NAMES.filter((name) => given[name] !== undefined);
  if (present.length === 0 || present.length === S3_NAMES.length) return [];
  const problem = `is not set, but ${present.join(', ')} ${present.length === 1 ? 'is' : 'are'}: set all of them or none`;
  return S3_NAMES.filter((name) => !present.includes(name)).map((name) => fault(name, problem));
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
    maxInFlightBytes: values.SANDYQ_MAX_IN_FLIGHT_BYTES,
    maxInFlightBytesPerSender: values.SANDYQ_MAX_IN_FLIGHT_BYTES_PER_SENDER,
    minFreeDiskBytes: values.SANDYQ_MIN_FREE_DISK_BYTES,
    quarantineQuotaBytes: values.SANDYQ_QUARANTINE_QUOTA_BYTES,
    supersedeGraceSeconds: values.SANDYQ_SUPERSEDE_GRACE_SECONDS,
  };
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

function deepFreeze<T extends object>(object: T): T {
  for (const value of Object.values(object))
    if (typeof value === 'object' && value !== null) deepFreeze(value);
  return Object.freeze(object);
}
