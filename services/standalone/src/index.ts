/** What other parts of the workspace may use of the standalone archive: its database. The archive itself is main.ts. */
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres/embedded-postgres.ts';
export type { PostgresSettings } from './embedded-postgres/settings.ts';
export { StandaloneError, type StandaloneErrorCode } from './errors.ts';
