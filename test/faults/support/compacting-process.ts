/**
 * A process that compacts and clears away what compaction has superseded, as an index process does, and stops at a step
 * for ever, so that it can be killed there. Its environment is that of the archive, PAUSE_AT and STUDY.
 */
import type { Database, Queryable } from '@sandyq/database';
import { readSettings } from '@sandyq/http';
import { compactionPorts, supersedeSegments } from '@sandyq/index';
import { compactNow } from '@sandyq/indexing';
import { type Archive, openArchive } from '@sandyq/service';
import type { ObjectStore } from '@sandyq/storage';
import { createLogger, createMetrics } from '@sandyq/telemetry';
import type { CompactionStep } from './compaction-steps.ts';

const pauseAt = process.env['PAUSE_AT'];

/** Says so, and goes no further. */
async function step(name: CompactionStep): Promise<void> {
  if (name !== pauseAt) return;
  process.stdout.write(`at ${name}\n`);
  await new Promise(() => setInterval(() => undefined, 1_000));
}

function steppingStore(store: ObjectStore): ObjectStore {
  return {
    ...store,
    putFile: async (key, file, signal) => {
      await step('spooled');
      await store.putFile(key, file, signal);
      await step('put');
    },
    delete: async (key, signal) => {
      await step('before delete');
      await store.delete(key, signal);
      await step('deleted');
    },
  };
}

/** The swap is the transaction that supersedes sources. */
function steppingDatabase(database: Database): Database {
  return {
    ...database,
    inTransaction: async (work) => {
      let isSwap = false;
      const result = await database.inTransaction(async (client) => {
        const watching: Queryable = {
          query: (statement) => {
            isSwap ||= statement.name === 'supersede-sources';
            return client.query(statement);
          },
        };
        const done = await work(watching);
        if (isSwap) await step('before commit');
        return done;
      });
      if (isSwap) await step('committed');
      return result;
    },
  };
}

async function clearAway(archive: Archive): Promise<void> {
  while ((await supersedeSegments(archive)) > 0);
}

const settings = readSettings(process.env, { cwd: '/' });
const opened = await openArchive({
  settings,
  connectionString: process.env['DATABASE_URL'] ?? '',
  logger: createLogger({
    name: 'compacting',
    level: 'info',
    destination: { write: (line) => void process.stderr.write(line) },
  }),
  metrics: createMetrics(),
});
const archive = {
  ...opened,
  store: steppingStore(opened.store),
  database: steppingDatabase(opened.database),
};
const report = await compactNow(compactionPorts(archive), {
  dryRun: false,
  studyInstanceUid: process.env['STUDY'],
});
process.stdout.write(`${JSON.stringify(report)}\n`);
await clearAway(archive);
await opened.close();
