/** The cold tier that the settings name. */
import { resolve } from 'node:path';
import type { S3Settings } from './s3-settings.ts';
import type { Secret } from './secret.ts';
import type { SettingFault } from './settings-error.ts';

/** Where old studies lie, and how they are read there. */
export interface ColdTierSettings {
  readonly store:
    | { readonly kind: 'filesystem' /** Absolute path. */; readonly folder: string }
    | (S3Settings & { readonly storageClass?: string });
  readonly reads: 'through' | 'recall';
}

/** What of the settings' values is about it. */
export interface ColdTierValues {
  readonly SANDYQ_COLD_FOLDER?: string | undefined;
  readonly S3_COLD_ENDPOINT?: string | undefined;
  readonly S3_COLD_REGION: string;
  readonly S3_COLD_BUCKET?: string | undefined;
  readonly S3_COLD_ACCESS_KEY?: string | undefined;
  readonly S3_COLD_SECRET_KEY?: Secret | undefined;
  readonly SANDYQ_S3_COLD_PREFIX?: string | undefined;
  readonly SANDYQ_S3_COLD_PATH_STYLE: boolean;
  readonly SANDYQ_S3_COLD_STORAGE_CLASS?: string | undefined;
  readonly SANDYQ_COLD_READS: 'through' | 'recall';
}

/** Settings of a bucket that go together. */
export const COLD_NAMES = [
  'S3_COLD_ENDPOINT',
  'S3_COLD_BUCKET',
  'S3_COLD_ACCESS_KEY',
  'S3_COLD_SECRET_KEY',
] as const;

/** Nothing where none is named. */
export function coldTierOf(values: ColdTierValues, cwd: string): { coldTier?: ColdTierSettings } {
  const reads = values.SANDYQ_COLD_READS;
  const folder = values.SANDYQ_COLD_FOLDER;
  if (folder !== undefined)
    return { coldTier: { store: { kind: 'filesystem', folder: resolve(cwd, folder) }, reads } };
  const {
    S3_COLD_ENDPOINT: endpoint,
    S3_COLD_BUCKET: bucket,
    S3_COLD_ACCESS_KEY: accessKey,
    S3_COLD_SECRET_KEY: secretKey,
    SANDYQ_S3_COLD_PREFIX: prefix,
    SANDYQ_S3_COLD_STORAGE_CLASS: storageClass,
  } = values;
  if (endpoint === undefined || bucket === undefined || accessKey === undefined || secretKey === undefined) {
    return {};
  }
  return {
    coldTier: {
      store: {
        kind: 's3',
        endpoint,
        region: values.S3_COLD_REGION,
        bucket,
        accessKey,
        secretKey,
        ...(prefix !== undefined && { prefix }),
        pathStyle: values.SANDYQ_S3_COLD_PATH_STYLE,
        ...(storageClass !== undefined && { storageClass }),
      },
      reads,
    },
  };
}

/** Two places at once, or a place that is the store or its replica: what is deleted there would be deleted here. */
export function coldTierFaults(
  given: Readonly<Record<string, string | undefined>>,
  fault: (name: string, problem: string) => SettingFault,
): SettingFault[] {
  if (given['S3_COLD_ENDPOINT'] === undefined) return [];
  const faults: SettingFault[] = [];
  if (given['SANDYQ_COLD_FOLDER'] !== undefined)
    faults.push(
      fault('SANDYQ_COLD_FOLDER', 'is set, and so is S3_COLD_ENDPOINT: the cold tier is one of them'),
    );
  const cold = placeOf(given, 'S3_COLD', 'SANDYQ_S3_COLD_PREFIX');
  const others = [
    placeOf(given, 'S3', 'SANDYQ_S3_PREFIX'),
    placeOf(given, 'S3_REPLICA', 'SANDYQ_S3_REPLICA_PREFIX'),
  ];
  if (others.includes(cold))
    faults.push(
      fault(
        'S3_COLD_BUCKET',
        'is the place of the store itself or of its replica: the cold tier has to be another one, if only by its prefix',
      ),
    );
  return faults;
}

function placeOf(
  given: Readonly<Record<string, string | undefined>>,
  names: string,
  prefix: string,
): string | undefined {
  const endpoint = given[`${names}_ENDPOINT`];
  if (endpoint === undefined) return undefined;
  return [endpoint.replace(/\/+$/, ''), given[`${names}_BUCKET`], given[prefix] ?? ''].join(' ');
}
