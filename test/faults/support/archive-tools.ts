/** What an administrator's tools do beside a running archive: reconcile, and look at every object and at what is kept. */
import { createHash } from 'node:crypto';
import { type Database, GroupCommit } from '@sandyq/database';
import { readSettings } from '@sandyq/http';
import {
  Directory,
  type IndexingPorts,
  PixelValueComparison,
  type ReconcileReport,
  readBatch,
  reconcile,
  recoverSpool,
} from '@sandyq/indexing';
import { type Archive, openArchive } from '@sandyq/service';
import { type ByteRange, type ObjectStore, verifySegment } from '@sandyq/storage';
import { createMetrics, silentLogger } from '@sandyq/telemetry';
import type { KeptNewcomer } from './sent-instances.ts';

/** Settings of an archive's processes, DATABASE_URL among them. */
export type ArchiveEnvironment = Readonly<Record<string, string>> & { readonly DATABASE_URL: string };

/** Replays every segment that the database does not know, however young, as another process would. */
export function reconcileNow(environment: ArchiveEnvironment): Promise<ReconcileReport> {
  return withArchive(environment, (ports) =>
    reconcile(ports, { dryRun: false, minimumAgeMs: 0, now: () => new Date() }),
  );
}

/** Sweeps the spool as a process that starts does; returns how many segments of dead processes were recovered. */
export function recoverSpoolNow(environment: ArchiveEnvironment): Promise<number> {
  return withArchive(environment, (ports) =>
    recoverSpool(ports, { directory: ports.settings.spoolFolder, ownOwner: ports.spool.owner }),
  );
}

/** Opens an archive beside the running one for some work. */
export async function withArchive<Result>(
  environment: ArchiveEnvironment,
  work: (ports: Archive & IndexingPorts) => Promise<Result>,
): Promise<Result> {
  const archive = await openArchive({
    settings: readSettings(environment, { cwd: '/' }),
    connectionString: environment.DATABASE_URL,
    logger: silentLogger(),
    metrics: createMetrics(),
  });
  try {
    const { database } = archive;
    const groupCommit = new GroupCommit(database);
    const directory = new Directory(database, Date.now);
    const pixels = new PixelValueComparison({ threads: 1, isLast: true });
    return await work({ ...archive, groupCommit, directory, pixels });
  } finally {
    await archive.close();
  }
}

/** Keys of objects that are not whole: segments read to the last byte, quarantined bytes against the digest in their key. */
export async function damagedObjects(store: ObjectStore): Promise<string[]> {
  const damaged: string[] = [];
  for await (const { key } of store.list('')) {
    if (!(await isWhole(store, key))) damaged.push(key);
  }
  return damaged;
}

/** Batches of the journal are read as strictly as a restored database reads them; "journal verify" checks their chain. */
async function isWhole(store: ObjectStore, key: string): Promise<boolean> {
  if (key.startsWith('quarantine/')) return key.includes(await sha256OfObject(store, key));
  if (key.startsWith('journal/')) return (await readBatch(store, key)).batch.lines.length > 0;
  return (await verifySegment(store, key)).faults.length === 0;
}

async function sha256OfObject(store: ObjectStore, key: string, range?: ByteRange): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await store.read(key, range)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Newcomers whose sender was told that they are kept, and whose row or bytes are not there. */
export async function missingNewcomers(
  database: Database,
  store: ObjectStore,
  kept: readonly KeptNewcomer[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const { kind, sopInstanceUid, sha256 } of kept) {
    const places = await database.query<{ key: string; offset: number; length: number }>({
      text: `select object_key as key, entry_offset as offset, entry_length as length
        from ${kind === 'proposed-correction' ? 'proposed_correction' : 'quarantine'}
        where sop_instance_uid = $1 and sha256 = $2`,
      values: [sopInstanceUid, Buffer.from(sha256, 'hex')],
    });
    const [place] = places.rows;
    if (place === undefined || (await sha256OfObject(store, place.key, place)) !== sha256) {
      missing.push(`${kind} of ${sopInstanceUid}`);
    }
  }
  return missing;
}
