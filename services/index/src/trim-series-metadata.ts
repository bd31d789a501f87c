/** Keeps what the database holds of served metadata within its bound: those made longest ago go first, and are made again if needed. */
import { countSeriesMetadataBytes, dropOldestSeriesMetadata } from '@sandyq/database';
import type { Archive } from '@sandyq/service';

type Ports = Pick<Archive, 'database' | 'logger' | 'metrics'> & {
  readonly settings: Pick<Archive['settings'], 'metadataCacheBytes'>;
};

const ROWS_A_STATEMENT = 500;

/** One batch at each call; returns how many rows went. */
export function createSeriesMetadataTrim({
  database,
  logger,
  metrics,
  settings,
}: Ports): () => Promise<number> {
  const kept = metrics.gauge({
    name: 'index_series_metadata_bytes',
    help: 'Served metadata of series that the database keeps, without which they are made again.',
  });
  return async () => {
    const bytes = await countSeriesMetadataBytes(database);
    kept.set(bytes);
    if (bytes <= settings.metadataCacheBytes) return 0;
    const dropped = await dropOldestSeriesMetadata(database, ROWS_A_STATEMENT);
    kept.set(bytes - dropped.bytes);
    logger.info('series-metadata-trimmed', { rows: dropped.rows, bytes: dropped.bytes });
    return dropped.rows;
  };
}
