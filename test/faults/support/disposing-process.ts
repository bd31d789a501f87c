/**
 * A process that carries plans out and certifies them, as the command line does, and stops each at a step for ever, so that
 * it can be killed there. Its environment is that of the archive, and PLANS.
 */
import type { Database, Queryable } from '@sandyq/database';
import { issueCertificates } from '@sandyq/disposition';
import { readSettings } from '@sandyq/http';
import { certificatePorts } from '@sandyq/index';
import { type Archive, openArchive } from '@sandyq/service';
import type { ObjectStore } from '@sandyq/storage';
import { createLogger, createMetrics } from '@sandyq/telemetry';
import { execute } from '../../support/disposing-archive.ts';
import type { DispositionStep, KilledPlan } from './disposition-steps.ts';

/** Says that it has come, and goes no further, where it is the step. */
type Pause = (step: DispositionStep | undefined) => Promise<void>;

function pausingStore(store: ObjectStore, pause: Pause): ObjectStore {
  return {
    ...store,
    putFile: async (key, file, signal) => {
      await store.putFile(key, file, signal);
      await pause('put');
    },
    delete: async (key, signal) => {
      await pause('journalled');
      await store.delete(key, signal);
      await pause('deleted');
    },
  };
}

/** Which transaction it is, by a statement of it; its steps before and after COMMIT. */
const TRANSACTIONS: Readonly<
  Record<string, readonly [DispositionStep | undefined, DispositionStep | undefined]>
> = {
  'insert-rejection': [undefined, 'rejected'],
  'insert-disposition': ['beginning', 'begun'],
  'supersede-sources': ['swapping', 'swapped'],
  'end-disposition': ['ending', 'ended'],
  'insert-certificate': ['certifying', undefined],
};

function pausingDatabase(database: Database, pause: Pause): Database {
  return {
    ...database,
    inTransaction: async (work) => {
      let steps: readonly (DispositionStep | undefined)[] = [];
      const result = await database.inTransaction(async (client) => {
        const watching: Queryable = {
          query: (statement) => {
            steps = TRANSACTIONS[statement.name ?? ''] ?? steps;
            return client.query(statement);
          },
        };
        const done = await work(watching);
        await pause(steps[0]);
        return done;
      });
      await pause(steps[1]);
      return result;
    },
  };
}

/** Resolves when the plan is at its step, where it stays. */
async function carryOutUpTo(opened: Archive, { step, planId }: KilledPlan): Promise<void> {
  const arrived = Promise.withResolvers<void>();
  const pause: Pause = async (name) => {
    if (name !== step) return;
    arrived.resolve();
    await new Promise(() => setInterval(() => undefined, 1_000));
  };
  const archive: Archive = {
    ...opened,
    store: pausingStore(opened.store, pause),
    database: pausingDatabase(opened.database, pause),
  };
  const toTheEnd = async (): Promise<never> => {
    await execute(archive, { planId });
    await issueCertificates(await certificatePorts(archive), planId, 'executor');
    throw new Error(`it came to its end without "${step}"`);
  };
  await Promise.race([arrived.promise, toTheEnd()]);
}

const opened = await openArchive({
  settings: readSettings(process.env, { cwd: '/' }),
  connectionString: process.env['DATABASE_URL'] ?? '',
  logger: createLogger({
    name: 'disposing',
    level: 'info',
    destination: { write: (line) => void process.stderr.write(line) },
  }),
  metrics: createMetrics(),
});
for (const plan of JSON.parse(process.env['PLANS'] ?? '[]') as KilledPlan[]) await carryOutUpTo(opened, plan);
process.stdout.write('all are at their steps\n');
