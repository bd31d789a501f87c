/**
 * A process for tests to kill: `node hold-postgres.ts FOLDER [abandon]` starts the database of a data folder, prints its
 * connection string and waits. With `abandon` the server outlives this process, as on systems where nothing ends it.
 */
import path from 'node:path';
import { silentLogger } from '@sandyq/telemetry';
import { choosePostgresAccount } from '../account.ts';
import { findPostgresBinaries } from '../binaries.ts';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import { startServer } from '../server.ts';
import { postgresSettings } from '../settings.ts';
import { makeSocketDirectory, socketDirectoryOf } from '../socket-directory.ts';

const [dataDirectory = '', mode] = process.argv.slice(2);
const pid = mode === 'abandon' ? await startAbandoned() : await startOrdinary();
process.stdout.write(`${pid}\n`);
setInterval(() => undefined, 60_000);

async function startOrdinary(): Promise<number | undefined> {
  const server = await startEmbeddedPostgres({ dataDirectory, logger: silentLogger() });
  return server.pid;
}

async function startAbandoned(): Promise<number> {
  const clusterDirectory = path.join(dataDirectory, 'postgres');
  const socketDirectory = socketDirectoryOf(dataDirectory);
  const binaries = findPostgresBinaries();
  const chosen = await choosePostgresAccount({
    postgres: binaries.postgres,
    dataDirectory,
    clusterDirectory,
  });
  const endsWithParent = chosen.prefix.indexOf('setpriv');
  const prefix = endsWithParent === -1 ? chosen.prefix : chosen.prefix.slice(0, endsWithParent);
  const account = { ...chosen, prefix };
  await makeSocketDirectory(socketDirectory, account);
  const logFile = path.join(dataDirectory, 'postgres.log');
  const settings = postgresSettings();
  const server = await startServer({
    clusterDirectory,
    socketDirectory,
    logFile,
    account,
    binaries,
    settings,
  });
  return server.pid;
}
