/**
 * `manifest.json` of a backup: what it holds, whose it is, and with which digests. It is written last: a folder without it
 * is a backup that was never finished.
 */
import path from 'node:path';
import type { BaseBackupEnd, BaseBackupStart } from '@sandyq/database';
import { type FileSystem, isStorageError, StorageError } from '@sandyq/storage';
import { z } from 'zod';
import { StandaloneError } from '../errors.ts';

/** Name of the file in the backup's folder. */
export const MANIFEST_NAME = 'manifest.json';
/** Folder in the backup that holds the database's files. */
export const DATABASE_FOLDER = 'postgres';

const fileSchema = z.strictObject({
  /** Relative to {@link DATABASE_FOLDER}, with `/`. */
  path: z.string().refine(isInside, 'leads out of the backup'),
  /** Bytes. */
  size: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const storeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('filesystem'), root: z.string() }),
  z.strictObject({
    kind: z.literal('s3'),
    endpoint: z.string(),
    bucket: z.string(),
    prefix: z.string().optional(),
  }),
]);

const manifestSchema = z.strictObject({
  type: z.literal('sandyq backup'),
  version: z.literal(1),
  /** Release of Sandyq that made it. */
  sandyqVersion: z.string(),
  /** The backup holds what was committed up to here. */
  finishedAt: z.iso.datetime(),
  postgres: z.strictObject({
    version: z.string(),
    systemIdentifier: z.string(),
    timeline: z.int().positive(),
    startLsn: z.string(),
    stopLsn: z.string(),
  }),
  /** Where the objects are that the database speaks of. */
  store: storeSchema,
  /** Every folder, an empty one too; parents first. */
  directories: z.array(z.string().refine(isInside, 'leads out of the backup')),
  files: z.array(fileSchema),
});

/** A file of the database in a backup. */
export type BackupFile = Readonly<z.infer<typeof fileSchema>>;
/** The object store that a database belongs to. */
export type BackupStore = Readonly<z.infer<typeof storeSchema>>;
/** What a backup holds. */
export type BackupManifest = Readonly<z.infer<typeof manifestSchema>>;

/** What {@link buildManifest} puts together. */
export interface ManifestParts {
  readonly sandyqVersion: string;
  readonly finishedAt: Date;
  readonly start: BaseBackupStart;
  readonly end: BaseBackupEnd;
  readonly store: BackupStore;
  readonly directories: readonly string[];
  readonly files: readonly BackupFile[];
}

export function buildManifest({ start, end, ...parts }: ManifestParts): BackupManifest {
  return {
    type: 'sandyq backup',
    version: 1,
    sandyqVersion: parts.sandyqVersion,
    finishedAt: parts.finishedAt.toISOString(),
    postgres: {
      version: start.serverVersion,
      systemIdentifier: start.systemIdentifier,
      timeline: start.timeline,
      startLsn: start.startLsn,
      stopLsn: end.stopLsn,
    },
    store: parts.store,
    directories: [...parts.directories],
    files: [...parts.files],
  };
}

/** Writes it under another name first: under its own it is there whole, and survives a crash, or not at all. */
export async function writeManifest(
  folder: string,
  manifest: BackupManifest,
  fileSystem: FileSystem,
): Promise<void> {
  const unfinished = path.join(folder, `${MANIFEST_NAME}.unfinished`);
  const file = await fileSystem.open(unfinished, 'create');
  try {
    await file.write(Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.link(unfinished, path.join(folder, MANIFEST_NAME));
  await fileSystem.unlink(unfinished);
  await fileSystem.syncDirectory(folder);
}

/** Throws `backup-incomplete` where there is none, `backup-damaged` if it can't be understood. */
export async function readManifest(folder: string, fileSystem: FileSystem): Promise<BackupManifest> {
  const text = await readText(path.join(folder, MANIFEST_NAME), fileSystem);
  if (text === undefined) {
    throw new StandaloneError(
      'backup-incomplete',
      `${folder} holds no finished backup: there is no ${MANIFEST_NAME}, which is written last. ` +
        'Remove the folder, and use another backup or make a new one.',
    );
  }
  const parsed = manifestSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new StandaloneError(
    'backup-damaged',
    `${path.join(folder, MANIFEST_NAME)} is damaged, or of a newer release of Sandyq: ${z.prettifyError(parsed.error)}`,
  );
}

async function readText(file: string, fileSystem: FileSystem): Promise<string | undefined> {
  const opened = await fileSystem.open(file, 'read').catch((error: unknown) => {
    if (isStorageError(error, 'not-found')) return undefined;
    throw error;
  });
  if (opened === undefined) return undefined;
  try {
    const { size } = await opened.stat();
    const bytes = Buffer.alloc(size);
    if ((await opened.read(bytes, 0)) < size) throw new StorageError('short-read', `${file} has shrunk`);
    return bytes.toString('utf8');
  } finally {
    await opened.close();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Refused by the schema.
  }
}

/** A manifest from elsewhere must not write outside of the folder that it is restored to. */
function isInside(name: string): boolean {
  const parts = name.split('/');
  return !path.isAbsolute(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}
