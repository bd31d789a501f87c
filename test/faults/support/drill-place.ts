/** Where the archive of a backup drill runs, how its database is backed up, and how both are taken to a new place. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3TestServer } from '@sandyq/storage/testing';
import { s3TestStore } from '../../support/test-store.ts';
import { dropDatabase, makeDatabase } from './databases.ts';
import { mustAdmin, type Settings } from './run-admin.ts';

/** A place with its backup. */
export interface DrillPlace {
  /** Of the place that will be lost. */
  readonly settings: Settings;
  /** Backs up the database. */
  backUp(): Promise<unknown>;
  /** When nothing runs any more: the backup of the database and what the store holds by now, at a new place. */
  restore(): Promise<Settings>;
}

/** What undoes the drill, to be run last to first. */
export type CleanUps = (() => Promise<unknown>)[];

/** One machine: the embedded database, backed up online with `npm run admin -- backup`; the store is on its own disk. */
export async function embeddedPlace(cleanUps: CleanUps): Promise<DrillPlace> {
  const folder = await temporaryFolder(cleanUps);
  const [old, copy, fresh] = ['old', 'backup', 'new'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const settings = { SANDYQ_DATA: old };
  return {
    settings,
    backUp: () => mustAdmin(settings, 'backup', 'create', copy),
    restore: async () => {
      await mustAdmin({}, 'backup', 'restore', copy, '--data', fresh, '--objects', join(old, 'objects'));
      await rm(old, { recursive: true });
      return { SANDYQ_DATA: fresh };
    },
  };
}

/** Several machines: a PostgreSQL server of one's own and a bucket. The copy of the database is made while nobody is connected. */
export async function externalPlace(server: S3TestServer, cleanUps: CleanUps): Promise<DrillPlace> {
  const { environment, remove } = s3TestStore(server);
  cleanUps.push(remove);
  const database = await makeDatabase();
  cleanUps.push(() => dropDatabase(database));
  let copy = '';
  return {
    settings: { ...environment, SANDYQ_DATA: await temporaryFolder(cleanUps), DATABASE_URL: database },
    backUp: async () => {
      copy = await makeDatabase(database);
      cleanUps.push(() => dropDatabase(copy));
    },
    restore: async () => {
      await dropDatabase(database);
      const dataFolder = await temporaryFolder(cleanUps);
      const fresh = { ...environment, SANDYQ_DATA: dataFolder, DATABASE_URL: copy };
      await mustAdmin(fresh, 'backup', 'mark-restored');
      return fresh;
    },
  };
}

async function temporaryFolder(cleanUps: CleanUps): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-drill-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
