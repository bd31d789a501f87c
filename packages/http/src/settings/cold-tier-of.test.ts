import { describe, expect, it } from 'vitest';
import { type Environment, readSettings } from './read-settings.ts';
import { SettingsError } from './settings-error.ts';

const read = (environment: Environment) => readSettings(environment, { cwd: '/srv' });

function faultsOf(environment: Environment): string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults.map(({ name }) => name);
    throw error;
  }
  return [];
}

const hot = {
  S3_ENDPOINT: 'https://s3.example.kz/',
  S3_BUCKET: 'sandyq',
  S3_ACCESS_KEY: 'id',
  S3_SECRET_KEY: 'very-secret',
};
const cold = {
  S3_COLD_ENDPOINT: 'https://s3.example.kz',
  S3_COLD_BUCKET: 'sandyq-cold',
  S3_COLD_ACCESS_KEY: 'id',
  S3_COLD_SECRET_KEY: 'hunter2',
};

describe('the cold tier of the settings', () => {
  it('is a folder', () => {
    expect(read({ SANDYQ_COLD_FOLDER: 'slow' }).coldTier).toEqual({
      store: { kind: 'filesystem', folder: '/srv/slow' },
      reads: 'through',
    });
  });

  it('is a bucket, with a storage class', () => {
    const { coldTier } = read({
      ...cold,
      SANDYQ_S3_COLD_STORAGE_CLASS: 'GLACIER',
      SANDYQ_COLD_READS: 'recall',
    });
    expect(coldTier).toMatchObject({
      store: { kind: 's3', bucket: 'sandyq-cold', storageClass: 'GLACIER', pathStyle: true },
      reads: 'recall',
    });
    expect(JSON.stringify(coldTier)).not.toContain('hunter2');
  });

  it('is none where none is named', () => {
    expect(read(hot)).not.toHaveProperty('coldTier');
  });

  it('is one, whole, and another place than the store and its replica', () => {
    expect(faultsOf({ ...cold, SANDYQ_COLD_FOLDER: '/mnt/slow' })).toEqual(['SANDYQ_COLD_FOLDER']);
    expect(faultsOf({ ...cold, S3_COLD_SECRET_KEY: undefined })).toEqual(['S3_COLD_SECRET_KEY']);
    expect(faultsOf({ ...hot, ...cold, S3_COLD_BUCKET: 'sandyq' })).toEqual(['S3_COLD_BUCKET']);
    expect(faultsOf({ ...hot, ...cold, S3_COLD_BUCKET: 'sandyq', SANDYQ_S3_COLD_PREFIX: 'cold' })).toEqual(
      [],
    );
    const replica = Object.fromEntries(
      Object.entries(cold).map(([name, value]) => [name.replace('COLD', 'REPLICA'), value]),
    );
    expect(faultsOf({ ...hot, ...cold, ...replica })).toEqual(['S3_COLD_BUCKET']);
  });
});
