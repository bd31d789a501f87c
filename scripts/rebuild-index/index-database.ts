/** The empty database that an index is rebuilt into, or the one in which a rebuild was interrupted. */
import {
  beginRebuild,
  type Database,
  isIndexEmpty,
  migrate,
  openDatabase,
  type RebuildProgress,
  readRebuildProgress,
} from '@sandyq/database';
import type { Settings } from '@sandyq/http';
import { emptyRebuildReport } from '@sandyq/indexing';
import { joinEmbeddedPostgres } from '@sandyq/standalone';
import type { Logger } from '@sandyq/telemetry';
import { RebuildError } from './errors.ts';

export interface IndexDatabase {
  /** Its commits do not wait for the disk: one that is lost is made again. */
  readonly database: Database;
  /** Its commits do, and everything before them is on the disk then, too. */
  readonly durable: Database;
  /** Where to go on; undefined: at the beginning. */
  readonly resumed: RebuildProgress | undefined;
  close(): Promise<void>;
}

/** Statements of a rebuild may be long: indexes of a whole archive are looked through at its end. */
const STATEMENT_TIMEOUT_MS = 24 * 3_600_000;

/** Throws RebuildError for a database that is in use, StandaloneError, DatabaseError. */
export async function openIndexDatabase(
  settings: Settings,
  { resume, logger }: { readonly resume: boolean; readonly logger: Logger },
): Promise<IndexDatabase> {
  const postgres = await openPostgres(settings, logger);
  const opened = [openFor(postgres.connectionString, settings)];
  const close = async (): Promise<void> => {
    for (const database of opened) await database.close();
    await postgres.stop();
  };
  try {
    const [durable] = opened;
    if (durable === undefined) throw new TypeError('it was opened a moment ago');
    await migrate(durable);
    const resumed = await progressOf(durable, resume);
    await beginRebuild(durable, emptyRebuildReport());
    const database = openFor(notWaiting(postgres.connectionString), settings);
    opened.push(database);
    return { database, durable, resumed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function progressOf(database: Database, resume: boolean): Promise<RebuildProgress | undefined> {
  const progress = await readRebuildProgress(database);
  if (resume && progress === undefined) {
    throw new RebuildError('No rebuild was interrupted in this database: leave out --resume to begin one.');
  }
  if (!resume && progress !== undefined) {
    const at = progress.startedAt.toISOString();
    throw new RebuildError(
      `A rebuild that began at ${at} was interrupted in this database. Go on with it: --resume`,
    );
  }
  if (progress !== undefined || (await isIndexEmpty(database))) return progress;
  throw new RebuildError(
    'This database is in use: an index is rebuilt into an empty one only. An archive that has missed something catches up ' +
      'with "npm run admin -- reconcile". To make the index anew, stop the archive, and give it an empty database: ' +
      'another one in DATABASE_URL, or, where PostgreSQL is embedded, move the folder "postgres" out of the data folder.',
  );
}

function openFor(connectionString: string, settings: Settings): Database {
  return openDatabase({
    connectionString,
    maxConnections: settings.database.maxConnections,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'sandyq rebuild-index',
  });
}

async function openPostgres({ database, dataFolder }: Settings, logger: Logger) {
  if (database.kind === 'embedded') return joinEmbeddedPostgres({ dataDirectory: dataFolder, logger });
  return { connectionString: database.url.reveal(), stop: () => Promise.resolve() };
}

/** An interrupted rebuild goes on from what is on the disk. */
function notWaiting(connectionString: string): string {
  const url = new URL(connectionString);
  const options = [url.searchParams.get('options'), '-c synchronous_commit=off'];
  url.searchParams.set('options', options.filter((option) => option !== null).join(' '));
  return url.toString();
}
