/** Ingest: the Store transaction. See README.md. */
export { mountIngest } from './mount-ingest.ts';
