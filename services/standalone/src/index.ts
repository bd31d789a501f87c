/** What other parts of the workspace may use of the standalone archive: its database and backups. The archive itself is main.ts. */
export {
  type BackUpOptions,
  type BackupResult,
  backUpEmbedded,
  objectsFolderOf,
} from './backup/back-up-embedded.ts';
export { type CopyObjectsOptions, copyObjects, type ObjectsReport } from './backup/copy-objects.ts';
export type { BackupFile, BackupManifest, BackupStore } from './backup/manifest.ts';
export { type RestoreBackupOptions, type Restored, restoreBackup } from './backup/restore-backup.ts';
export {
  type BackupFault,
  type BackupVerification,
  type VerifyBackupOptions,
  verifyBackup,
} from './backup/verify-backup.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres/embedded-postgres.ts';
export type { PostgresSettings } from './embedded-postgres/settings.ts';
export { StandaloneError, type StandaloneErrorCode } from './errors.ts';
