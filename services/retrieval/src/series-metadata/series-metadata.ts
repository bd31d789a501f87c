/** The JSON of the instances of a series, with commas between them: as it is kept, or made of the pieces of the instances. */
import {
  type DeflatedText,
  type InstanceOfSeries,
  listSeriesInstances,
  type SeriesMetadataKey,
} from '@sandyq/database';
import { instanceUrl } from '@sandyq/dicomweb';
import { absolutePieces } from '../absolute-pieces.ts';
import type { RetrievalDependencies } from '../dependencies.ts';
import { separated } from '../joined-by-commas.ts';
import type { Reader } from '../read-entry.ts';
import type { WantedSeries } from './kept-series.ts';
import { type SeriesState, sha256Of } from './metadata-state.ts';

/**
 * Compressed; undefined where that is too long to be kept, or the series has changed. Throws HttpError overloaded if an instance was
 * taken out meanwhile; StorageError where a segment that must be read is damaged.
 */
export function deflatedSeries(
  dependencies: RetrievalDependencies,
  series: SeriesState,
  reader: Reader,
): Promise<DeflatedText | undefined> {
  return dependencies.keptSeries.deflated(wanted(dependencies, series, reader));
}

/** As it is, in parts; undefined also where that is too long to be kept in memory. Throws as {@link deflatedSeries}. */
export function seriesText(
  dependencies: RetrievalDependencies,
  series: SeriesState,
  reader: Reader,
): Promise<readonly Buffer[] | undefined> {
  return dependencies.keptSeries.text(wanted(dependencies, series, reader));
}

function wanted(
  dependencies: RetrievalDependencies,
  series: SeriesState,
  { signal, logger }: Reader,
): WantedSeries {
  const isKept = series.instances === undefined;
  const read = (making: AbortSignal) => partsOf(dependencies, series, { logger, signal: making });
  return { key: series, isKept, signal, logger, read };
}

/** The text in parts; undefined if the series has another state now. */
async function partsOf(
  dependencies: RetrievalDependencies,
  series: SeriesState,
  reader: Reader,
): Promise<AsyncIterable<Buffer> | undefined> {
  const instances = series.instances ?? (await instancesOf(dependencies, series));
  if (instances === undefined) return undefined;
  const { studyKey, baseUrl, studyInstanceUid, seriesInstanceUid } = series;
  const urlOf = ({ sopInstanceUid }: InstanceOfSeries) =>
    instanceUrl(`${baseUrl}/dicom-web`, { studyInstanceUid, seriesInstanceUid, sopInstanceUid });
  return separated(absolutePieces(dependencies, { studyKey, instances, urlOf }, reader));
}

/** Those of this very state; undefined if the series has another one now. */
async function instancesOf(
  { database }: RetrievalDependencies,
  { studyKey, seriesKey, revision, instancesSha256 }: SeriesMetadataKey,
): Promise<readonly InstanceOfSeries[] | undefined> {
  const listed = (await listSeriesInstances(database, studyKey, [seriesKey])).get(seriesKey);
  const isSame = listed?.revision === revision && sha256Of(listed.instances).equals(instancesSha256);
  return isSame ? listed.instances : undefined;
}
