import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeSettings, showSettings } from './describe-settings.ts';
import { type Environment, readSettings, unknownSettings } from './read-settings.ts';
import { Secret } from './secret.ts';
import { SettingsError } from './settings-error.ts';
import { aboutSetting, settingSchemas } from './settings-table.ts';

const read = (environment: Environment) => readSettings(environment, { cwd: '/srv' });

function faultsOf(environment: Environment) {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('no fault was found');
}

const s3 = {
  S3_ENDPOINT: 'https://s3.example.kz/',
  S3_BUCKET: 'sandyq',
  S3_ACCESS_KEY: 'id',
  S3_SECRET_KEY: 'very-secret',
};

describe('settings', () => {
  it('have a value when nothing is set', () => {
    expect(read({ PATH: '/bin', SANDYQ_HOST: '' })).toEqual({
      host: '127.0.0.1',
      port: 8080,
      authMode: 'single-user',
      keyCacheSeconds: 10,
      corsOrigins: [],
      trustedProxies: 0,
      maxConnections: 1000,
      openMetrics: false,
      logLevel: 'info',
      dataFolder: '/srv/data',
      spoolFolder: '/srv/data/spool',
      database: { kind: 'embedded', folder: '/srv/data/postgres', maxConnections: 6 },
      objectStore: { kind: 'filesystem', root: '/srv/data/objects' },
      retentionGraceDays: 30,
      signingKey: { file: '/srv/data/signing-key.pem', mayBeMade: true },
      maxInFlightBytes: 32 * 2 ** 30,
      maxInFlightBytesPerSender: 8 * 2 ** 30,
      minFreeDiskBytes: 2 ** 30,
      maxStoreRequests: 64,
      senderStallSeconds: 120,
      databaseTimeoutSeconds: 30,
      s3TimeoutSeconds: 60,
      quarantineQuotaBytes: 10 * 2 ** 30,
      supersedeGraceSeconds: 86_400,
      compactAfterSeconds: 600,
      compactBytesPerSecond: 50 * 2 ** 20,
      fixityIntervalDays: 90,
      fixityBytesPerSecond: 20 * 2 ** 20,
      commitmentBytesPerSecond: 100 * 1024 * 1024,
      reconcileObjectsPerSecond: 2_000,
      pictureCacheBytes: 128 * 2 ** 20,
      metadataCacheBytes: 2 * 2 ** 30,
      maxAnimationPixels: 32 * 2 ** 20,
      crossScriptNames: true,
    });
  });

  it('are read whole', () => {
    const settings = read({
      ...s3,
      SANDYQ_HOST: '0.0.0.0',
      SANDYQ_AUTH: 'keys',
      SANDYQ_DATA: '/var/lib/sandyq',
      SANDYQ_SPOOL: 'spool',
      SANDYQ_PUBLIC_URL: 'https://archive.kz/pacs/',
      SANDYQ_CORS_ORIGINS: 'https://a.kz, http://b.kz:81',
      SANDYQ_MIN_FREE_DISK_BYTES: '512 MiB',
      SANDYQ_MAX_IN_FLIGHT_BYTES: '1000',
      SANDYQ_S3_PREFIX: 'a/b',
      SANDYQ_S3_PATH_STYLE: 'false',
      DATABASE_URL: 'postgres://u:p@db/x',
    });
    expect(settings).toMatchObject({
      dataFolder: '/var/lib/sandyq',
      spoolFolder: '/srv/spool',
      publicUrl: 'https://archive.kz/pacs',
      corsOrigins: ['https://a.kz', 'http://b.kz:81'],
      minFreeDiskBytes: 512 * 2 ** 20,
      maxInFlightBytes: 1000,
      objectStore: {
        kind: 's3',
        endpoint: 'https://s3.example.kz',
        region: 'us-east-1',
        prefix: 'a/b',
        pathStyle: false,
      },
      database: { kind: 'external' },
    });
    expect(settings.objectStore.kind === 's3' && settings.objectStore.secretKey.reveal()).toBe('very-secret');
    expect(settings.database.kind === 'external' && settings.database.url.reveal()).toBe(
      'postgres://u:p@db/x',
    );
  });

  it('of a replica are read beside those of the store', () => {
    const settings = read({
      S3_REPLICA_ENDPOINT: 'https://s3.second.kz/',
      S3_REPLICA_BUCKET: 'copies',
      S3_REPLICA_ACCESS_KEY: 'id',
      S3_REPLICA_SECRET_KEY: 'very-secret',
      SANDYQ_S3_REPLICA_PREFIX: 'a',
      SANDYQ_FIXITY_INTERVAL_DAYS: '0',
      SANDYQ_FIXITY_BYTES_PER_SECOND: '1MiB',
      SANDYQ_COMMITMENT_BYTES_PER_SECOND: '1MiB',
      SANDYQ_RECONCILE_OBJECTS_PER_SECOND: '100',
      SANDYQ_CROSS_SCRIPT_NAMES: 'false',
    });
    expect(settings).toMatchObject({
      objectStore: { kind: 'filesystem' },
      replica: {
        kind: 's3',
        endpoint: 'https://s3.second.kz',
        region: 'us-east-1',
        bucket: 'copies',
        accessKey: 'id',
        prefix: 'a',
        pathStyle: true,
      },
      fixityIntervalDays: 0,
      fixityBytesPerSecond: 2 ** 20,
      commitmentBytesPerSecond: 1024 * 1024,
      reconcileObjectsPerSecond: 100,
      crossScriptNames: false,
    });
    expect(showSettings(settings)).not.toContain('very-secret');
  });

  it('are frozen in every depth', () => {
    const settings = read(s3);
    expect(() => Object.assign(settings, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(settings.objectStore, { kind: 'filesystem' })).toThrow(TypeError);
  });

  it('that look like ours and are not are named', () => {
    expect(unknownSettings({ SANDYQ_PROT: '1', SANDYQ_PORT: '1', HOME: '/' })).toEqual(['SANDYQ_PROT']);
  });
});

describe('faults', () => {
  it('are told all at once, each with what is right and an example', () => {
    const error = faultsOf({
      SANDYQ_PORT: '80a',
      SANDYQ_HOST: '0.0.0.0',
      SANDYQ_LOG_LEVEL: 'loud',
      SANDYQ_MIN_FREE_DISK_BYTES: '1 GB',
      SANDYQ_PUBLIC_URL: 'archive.kz',
      S3_BUCKET: 'sandyq',
    });
    expect(error.faults.map(({ name }) => name).sort()).toEqual([
      'S3_ACCESS_KEY',
      'S3_ENDPOINT',
      'S3_SECRET_KEY',
      'SANDYQ_AUTH',
      'SANDYQ_LOG_LEVEL',
      'SANDYQ_MIN_FREE_DISK_BYTES',
      'SANDYQ_PORT',
      'SANDYQ_PUBLIC_URL',
    ]);
    expect(error.message).toContain('8 settings are wrong:');
    expect(error.message).toContain(
      'SANDYQ_PORT is "80a": it must be a whole number from 0 to 65535. Example: SANDYQ_PORT=8080',
    );
    expect(error.message).toContain('S3_ENDPOINT is not set, but S3_BUCKET is: set all of them or none.');
  });

  it('of a replica: half of it, and the store itself', () => {
    const half = faultsOf({ S3_REPLICA_BUCKET: 'copies' });
    expect(half.faults.map(({ name }) => name)).toEqual([
      'S3_REPLICA_ENDPOINT',
      'S3_REPLICA_ACCESS_KEY',
      'S3_REPLICA_SECRET_KEY',
    ]);
    const replica = {
      S3_REPLICA_ENDPOINT: 'https://s3.example.kz',
      S3_REPLICA_BUCKET: 'sandyq',
      S3_REPLICA_ACCESS_KEY: 'id',
      S3_REPLICA_SECRET_KEY: 'other',
    };
    expect(faultsOf({ ...s3, ...replica }).faults.map(({ name }) => name)).toEqual(['S3_REPLICA_BUCKET']);
    expect(read({ ...s3, ...replica, SANDYQ_S3_REPLICA_PREFIX: 'copy' }).replica?.prefix).toBe('copy');
  });

  it('let the archive make its signing key beside its own database alone', () => {
    const url = { DATABASE_URL: 'postgres://u@db/x' };
    expect(read(url).signingKey).toBeUndefined();
    expect(read({ ...url, SANDYQ_SIGNING_KEY: 'keys/a.pem' }).signingKey).toEqual({
      file: '/srv/keys/a.pem',
      mayBeMade: false,
    });
  });

  it.each([
    ['SANDYQ_PORT', ['65536', '-1', '1.5', ' 1', '0x10', '1e3']],
    ['SANDYQ_HOST', ['a b', 'http://x']],
    ['SANDYQ_AUTH', ['none', 'KEYS']],
    ['SANDYQ_MAX_IN_FLIGHT_BYTES', ['1kb', '99999999TiB', '-1']],
    ['SANDYQ_PUBLIC_URL', ['ftp://x', 'https://u:p@x', 'https://x?q', 'https://x#h']],
    ['SANDYQ_CORS_ORIGINS', ['*', 'https://a.kz/path', 'https://a.kz,,https://b.kz']],
    ['DATABASE_URL', ['mysql://x', 'db']],
    ['S3_BUCKET', ['A', 'x/y']],
    ['SANDYQ_DATA', ['a\0b']],
    ['SANDYQ_OPEN_METRICS', ['yes', '1']],
    ['SANDYQ_S3_PREFIX', ['/a', 'a/']],
    ['SANDYQ_S3_REPLICA_PREFIX', ['/a', 'a/']],
    ['SANDYQ_FIXITY_BYTES_PER_SECOND', ['0', '-1']],
    ['SANDYQ_COMMITMENT_BYTES_PER_SECOND', ['0', '-1', 'fast']],
    ['SANDYQ_CROSS_SCRIPT_NAMES', ['maybe']],
    ['SANDYQ_RECONCILE_OBJECTS_PER_SECOND', ['0', '-1', '2MiB']],
  ])('%s refuses wrong forms', (name, texts) => {
    for (const text of texts) {
      expect(faultsOf({ [name]: text }).faults.map((fault) => fault.name)).toContain(name);
    }
  });

  it('never show a secret', () => {
    const { message } = faultsOf({
      ...s3,
      DATABASE_URL: 'mysql://u:hunter2@db',
      S3_ENDPOINT: 'https://hunter2@x',
    });
    expect(message).toContain('DATABASE_URL is (not shown)');
    expect(message).not.toMatch(/hunter2|very-secret/);
  });

  it('of a single user on an open address name the way out', () => {
    expect(faultsOf({ SANDYQ_HOST: '10.0.0.1' }).faults).toEqual([
      {
        name: 'SANDYQ_AUTH',
        problem:
          'is single-user, which serves loopback addresses only, and SANDYQ_HOST is 10.0.0.1: it must be keys',
        example: 'SANDYQ_AUTH=keys',
      },
    ]);
  });
});

it('secrets print as stars', () => {
  const settings = read({ ...s3, DATABASE_URL: 'postgres://u:hunter2@db/x' });
  const secret = new Secret('hunter2');
  const printed = [
    showSettings(settings),
    JSON.stringify(settings),
    inspect(settings, { depth: 9 }),
    secret.toString(),
  ];
  expect(printed.join()).not.toMatch(/hunter2|very-secret/);
  expect(showSettings(settings)).toContain('"secretKey":"***"');
});

describe('the documentation', () => {
  it('has every setting, with an example that is right', () => {
    const text = describeSettings();
    for (const [name, schema] of Object.entries(settingSchemas)) {
      expect(text).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
      expect({ name, ...schema.safeParse(aboutSetting(name)?.example) }).toMatchObject({
        name,
        success: true,
      });
    }
  });

  it('in docs/settings.md is made from the table (vitest --update writes it)', async () => {
    await expect(describeSettings()).toMatchFileSnapshot('../../../../docs/settings.md');
  });
});
