/** Every setting of the archive: name, form, default, meaning (design §10). docs/settings.md is made from this table. */
import { AUTH_MODES } from '@sandyq/auth';
import { LOG_LEVELS } from '@sandyq/telemetry';
import { coldTier } from './cold-settings.ts';
import { replica } from './replica-settings.ts';
import { retention } from './retention-settings.ts';
import {
  BUCKET,
  byteSize,
  databaseUrl,
  HOST,
  oneOf,
  optional,
  origins,
  PREFIX,
  type SettingEntry,
  secret,
  settingRegistry,
  text,
  url,
  wholeNumber,
  withDefault,
  yesOrNo,
} from './setting-types.ts';

/** Where it listens and for whom. */
const server = {
  SANDYQ_HOST: withDefault(text('must be an address or a host name', HOST), {
    default: '127.0.0.1',
    about: 'Address that is listened on. Anything but a loopback address needs `SANDYQ_AUTH=keys`.',
    example: '0.0.0.0',
  }),
  SANDYQ_PORT: withDefault(wholeNumber(0, 65_535), {
    default: '8080',
    about: 'Port that is listened on; 0 takes any free one.',
    example: '8080',
  }),
  SANDYQ_PROCESSES: optional(wholeNumber(1, 256), {
    unset: 'half of the cores for the standalone archive, 1 for a split service',
    about:
      'Processes that serve this port together. What bounds connections, memory and disk is divided among them.',
    example: '4',
  }),
  SANDYQ_PUBLIC_URL: optional(url('must be http(s)://host[:port][/path]', { pathAllowed: true }), {
    unset: 'taken from each request',
    about:
      'Address under which clients know the archive; links in answers begin with it. Set it behind a reverse proxy.',
    example: 'https://archive.example.kz',
  }),
  SANDYQ_AUTH: withDefault(oneOf(AUTH_MODES), {
    default: 'single-user',
    about:
      '`single-user`: no credentials, loopback addresses only. `keys`: API keys, made with `npm run admin -- api-key create`.',
    example: 'keys',
  }),
  SANDYQ_KEY_CACHE_SECONDS: withDefault(wholeNumber(0, 3600), {
    default: '10',
    about:
      'How long a verified API key is trusted without asking the database: a revoked key works at most this much longer.',
    example: '10',
  }),
  SANDYQ_CORS_ORIGINS: optional(origins(), {
    unset: 'none',
    about:
      'Origins of other web pages (viewers) that may call the archive, also with credentials, separated by commas.',
    example: 'https://viewer.example.kz',
  }),
  SANDYQ_TRUSTED_PROXIES: withDefault(wholeNumber(0, 10), {
    default: '0',
    about:
      'Number of reverse proxies in front: their `X-Forwarded-For` names the client, `-Proto` and `-Host` what links begin with; 0 ignores these headers.',
    example: '1',
  }),
  SANDYQ_MAX_CONNECTIONS: withDefault(wholeNumber(1, 100_000), {
    default: '1000',
    about: 'Most connections at a time; more are refused.',
    example: '1000',
  }),
  SANDYQ_OPEN_METRICS: withDefault(yesOrNo(), {
    default: 'false',
    about: 'Whether `/metrics` answers without a credential. Metrics hold no patient data.',
    example: 'true',
  }),
  SANDYQ_LOG_LEVEL: withDefault(oneOf(LOG_LEVELS), {
    default: 'info',
    about: 'How much is logged: debug, info, warn, error, silent.',
    example: 'warn',
  }),
};

/** Where data are. */
const data = {
  SANDYQ_DATA: withDefault(text('must be a path'), {
    default: './data',
    about: 'Folder of the archive: `objects/`, `postgres/`, `spool/`.',
    example: '/var/lib/sandyq',
  }),
  SANDYQ_SPOOL: optional(text('must be a path'), {
    unset: '`spool/` in `SANDYQ_DATA`',
    about: 'Folder for what is being received. With the filesystem store it must be on the same file system.',
    example: '/fast/spool',
  }),
  DATABASE_URL: optional(databaseUrl(), {
    unset: 'embedded PostgreSQL in `SANDYQ_DATA`',
    about: 'PostgreSQL that holds the index.',
    example: 'postgres://sandyq:password@db.example.kz:5432/sandyq',
  }),
  SANDYQ_DATABASE_CONNECTIONS: withDefault(wholeNumber(2, 500), {
    default: '6',
    about: 'Most database connections of one process; broad searches have two thirds at most.',
    example: '20',
  }),
  S3_ENDPOINT: optional(url('must be http(s)://host[:port]', { pathAllowed: false }), {
    unset: 'filesystem store in `SANDYQ_DATA`',
    about: 'S3-compatible object store. With it, bucket and both keys must be set.',
    example: 'https://s3.example.kz',
  }),
  S3_REGION: withDefault(text('must be the name of a region', HOST), {
    default: 'us-east-1',
    about: 'Region of the bucket.',
    example: 'us-east-1',
  }),
  S3_BUCKET: optional(text('must be 3 to 63 lower-case letters, digits, dots, hyphens', BUCKET), {
    unset: 'filesystem store',
    about: 'Bucket that holds segments, journal and quarantine; it must exist.',
    example: 'sandyq',
  }),
  S3_ACCESS_KEY: optional(text('must be a key id'), {
    unset: 'filesystem store',
    about: 'Access key id.',
    example: 'AKIAEXAMPLE',
  }),
  S3_SECRET_KEY: optional(secret(), {
    unset: 'filesystem store',
    about: 'Secret access key.',
    example: 'wJalrEXAMPLEKEY',
  }),
  SANDYQ_S3_PREFIX: optional(text('must be key segments without a slash at either end', PREFIX), {
    unset: 'none',
    about: 'Put before every object key, where a bucket is shared.',
    example: 'archive',
  }),
  SANDYQ_S3_PATH_STYLE: withDefault(yesOrNo(), {
    default: 'true',
    about: '`true`: bucket in the path (Ceph, MinIO). `false`: bucket in the host name (AWS).',
    example: 'false',
  }),
};

/** How much at a time, and when work in the background is done. */
const limits = {
  SANDYQ_MAX_IN_FLIGHT_BYTES: withDefault(byteSize(), {
    default: '32GiB',
    about:
      'Most bytes being received at a time, in the spool, by all processes of `SANDYQ_PROCESSES`; beyond it 503 with Retry-After.',
    example: '64GiB',
  }),
  SANDYQ_MAX_IN_FLIGHT_BYTES_PER_SENDER: withDefault(byteSize(), {
    default: '8GiB',
    about: 'The same for one sender (API key); one request alone may be larger.',
    example: '4GiB',
  }),
  SANDYQ_MIN_FREE_DISK_BYTES: withDefault(byteSize(), {
    default: '1GiB',
    about: 'Free space that is kept on the disk of the spool; nothing is received that would go below.',
    example: '50GiB',
  }),
  SANDYQ_MAX_STORE_REQUESTS: withDefault(wholeNumber(1, 10_000), {
    default: '64',
    about:
      'Most Store requests that all processes of `SANDYQ_PROCESSES` receive at a time; others wait for their turn, 30 s at most.',
    example: '128',
  }),
  SANDYQ_SENDER_STALL_SECONDS: withDefault(wholeNumber(1, 3_600), {
    default: '120',
    about: 'A sender that brings less than 64 KiB in so long is given up with 408.',
    example: '60',
  }),
  SANDYQ_DATABASE_TIMEOUT_SECONDS: withDefault(wholeNumber(1, 3_600), {
    default: '30',
    about: 'Longest that a statement may take. A connection that is silent for 2 s more is dropped.',
    example: '60',
  }),
  SANDYQ_S3_TIMEOUT_SECONDS: withDefault(wholeNumber(1, 3_600), {
    default: '60',
    about: 'A connection to an S3 store on which nothing moves for so long is given up.',
    example: '30',
  }),
  SANDYQ_QUARANTINE_QUOTA_BYTES: withDefault(byteSize(), {
    default: '10GiB',
    about: 'Most bytes that quarantine keeps of one device, unless the device has its own quota.',
    example: '50GiB',
  }),
  SANDYQ_SUPERSEDE_GRACE_SECONDS: withDefault(wholeNumber(0, 31_536_000), {
    default: '86400',
    about: 'How long a superseded object stays after its successor was verified.',
    example: '86400',
  }),
  SANDYQ_COMPACT_AFTER_SECONDS: withDefault(wholeNumber(0, 31_536_000), {
    default: '600',
    about: 'A series to which nothing came for so long is joined into fewer and larger objects.',
    example: '3600',
  }),
  SANDYQ_COMPACT_BYTES_PER_SECOND: withDefault(byteSize(), {
    default: '50MiB',
    about:
      'Most bytes a second that one index process copies or reads back for that; it rests as long as it works, and longer while the process serves others. 0: it joins nothing by itself.',
    example: '200MiB',
  }),
  SANDYQ_FIXITY_INTERVAL_DAYS: withDefault(wholeNumber(0, 3_650), {
    default: '90',
    about: 'Every stored byte is read again and compared with its receipt once in so many days; 0: never.',
    example: '30',
  }),
  SANDYQ_FIXITY_BYTES_PER_SECOND: withDefault(byteSize(1), {
    default: '20MiB',
    about: 'Most bytes a second that this reading takes from the object store.',
    example: '100MiB',
  }),
  SANDYQ_COMMITMENT_BYTES_PER_SECOND: withDefault(byteSize(1), {
    default: '100MiB',
    about:
      'Most bytes a second that one retrieval process reads again to answer Storage Commitment requests.',
    example: '400MiB',
  }),
  SANDYQ_CROSS_SCRIPT_NAMES: withDefault(yesOrNo(), {
    default: 'true',
    about:
      'Whether a search for a name also finds it in other scripts: KIM, КИМ and 김, Қайрат and Kairat. `false`: as written only.',
    example: 'false',
  }),
  SANDYQ_PICTURE_CACHE_BYTES: withDefault(byteSize(), {
    default: '128MiB',
    about:
      'Memory for pictures, decoded frames and attributes that were asked for lately, in a retrieval process; 0: none.',
    example: '1GiB',
  }),
  SANDYQ_METADATA_CACHE_BYTES: withDefault(byteSize(), {
    default: '2GiB',
    about:
      'Room in PostgreSQL for the metadata of series as they are sent, about 50 KB for a CT series; those made longest ago go first.',
    example: '20GiB',
  }),
  SANDYQ_MAX_ANIMATION_PIXELS: withDefault(wholeNumber(0, 1_000_000_000), {
    default: '33554432',
    about:
      'Most pixels of an animated picture, frames × width × height; larger ones are refused or sent frame by frame. 0: no animations.',
    example: '67108864',
  }),
  SANDYQ_RECONCILE_OBJECTS_PER_SECOND: withDefault(wholeNumber(1, 1_000_000), {
    default: '2000',
    about: 'Most objects a second that the hourly comparison of store and index looks at.',
    example: '5000',
  }),
};

/** The table, in the order of the documentation. */
export const settingsTable = {
  Server: server,
  Data: data,
  Replica: replica,
  'Cold tier': coldTier,
  Retention: retention,
  Limits: limits,
} as const;

/** All settings by name. */
export const settingSchemas = {
  ...server,
  ...data,
  ...replica,
  ...coldTier,
  ...retention,
  ...limits,
} as const;

/** What the table says of a setting; undefined if there is none of this name. */
export function aboutSetting(name: string): SettingEntry | undefined {
  const schema = Object.entries(settingSchemas).find(([known]) => known === name)?.[1];
  return schema === undefined ? undefined : settingRegistry.get(schema);
}
