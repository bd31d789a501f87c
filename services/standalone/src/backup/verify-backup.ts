/** Reads a backup to its last byte and compares it with its manifest. */
import path from 'node:path';
import type { FileSystem } from '@sandyq/storage';
import { digestFile } from './copy-file.ts';
import type { ProgressListener } from './create-backup.ts';
import { type BackupManifest, DATABASE_FOLDER, readManifest } from './manifest.ts';

/** A file that is not what the manifest says. */
export interface BackupFault {
  /** Relative to the folder of the database's files. */
  readonly path: string;
  readonly fault: 'missing' | 'size' | 'digest';
}

/** What {@link verifyBackup} found. */
export interface BackupVerification {
  readonly manifest: BackupManifest;
  readonly bytes: number;
  readonly faults: readonly BackupFault[];
}

/** How to verify. */
export interface VerifyBackupOptions {
  /** Absolute path of the backup. */
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `backup-incomplete` or `backup-damaged` where there is no manifest to compare with. */
export async function verifyBackup(options: VerifyBackupOptions): Promise<BackupVerification> {
  const { folder, fileSystem, onProgress, signal } = options;
  const manifest = await readManifest(folder, fileSystem);
  const totalBytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  const faults: BackupFault[] = [];
  let bytes = 0;
  const onBytes = (count: number): void => {
    signal?.throwIfAborted();
    bytes += count;
    onProgress?.(bytes, totalBytes);
  };
  for (const file of manifest.files) {
    signal?.throwIfAborted();
    const found = await digestFile(path.join(folder, DATABASE_FOLDER, file.path), { fileSystem, onBytes });
    if (found === undefined) faults.push({ path: file.path, fault: 'missing' });
    else if (found.size !== file.size) faults.push({ path: file.path, fault: 'size' });
    else if (found.sha256 !== file.sha256) faults.push({ path: file.path, fault: 'digest' });
  }
  return { manifest, bytes, faults };
}
