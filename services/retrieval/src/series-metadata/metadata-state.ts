/** What the metadata of a study or series consist of at one moment: enough for an entity tag, without making them. */
import { createHash } from 'node:crypto';
import {
  findMetadataScope,
  type InstanceOfSeries,
  listSeriesInstances,
  type MetadataScope,
  type SeriesInstances,
  type SeriesMetadataKey,
  type SeriesOfScope,
} from '@sandyq/database';
import { parseUid } from '@sandyq/dicomweb';
import type { RequestContext } from '@sandyq/http';
import type { StoredBytes } from '../dependencies.ts';
import { absence, isVisible, notFound } from '../find-instances.ts';

/** The text of one series. */
export interface SeriesState extends SeriesMetadataKey {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** What it is to be made of, where nothing is kept in the database for this revision. */
  readonly instances: readonly InstanceOfSeries[] | undefined;
}

/** The study or series. */
export interface MetadataState {
  readonly revision: number;
  /** Those with active instances, in the order of the answer. */
  readonly series: readonly SeriesState[];
}

/** Longer series are streamed at once: bytes of their pieces together, of which the whole takes a tenth where instances repeat. */
const LONGEST_SERIES_BYTES = 64 * 1024 * 1024;

/**
 * What the path names; undefined where a series is too long to be kept, or has changed while it was looked at. Throws
 * DicomwebError bad-request, HttpError not-found, gone.
 */
export async function findMetadataState(
  { database }: Pick<StoredBytes, 'database'>,
  context: RequestContext,
): Promise<MetadataState | undefined> {
  const { study, series } = context.params;
  const uids = {
    studyInstanceUid: parseUid(study ?? '', 'study'),
    seriesInstanceUid: series === undefined ? undefined : parseUid(series, 'series'),
  };
  const scope = await findMetadataScope(database, uids);
  if (scope === undefined) throw await absence(database, context, uids);
  if (!isVisible(scope, context)) throw notFound();
  const unkept = scope.series.filter(({ instancesSha256 }) => instancesSha256 === undefined);
  const keys = unkept.map(({ seriesKey }) => seriesKey);
  const listed =
    keys.length === 0 ? new Map<number, never>() : await listSeriesInstances(database, scope.studyKey, keys);
  if ([...listed.values()].some(isTooLong)) return undefined;
  const place = {
    studyInstanceUid: uids.studyInstanceUid,
    studyKey: scope.studyKey,
    baseUrl: context.baseUrl,
  };
  const states = scope.series.flatMap((one) => stateOf(place, one, listed.get(one.seriesKey)));
  if (states.length === 0) throw await absence(database, context, uids);
  const revision = revisionOf(scope, states, uids.seriesInstanceUid !== undefined);
  return revision === undefined ? undefined : { revision, series: states };
}

function isTooLong({ instances }: SeriesInstances): boolean {
  return instances.reduce((sum, { metadataBytes }) => sum + metadataBytes, 0) > LONGEST_SERIES_BYTES;
}

function stateOf(
  place: Pick<SeriesState, 'studyInstanceUid' | 'studyKey' | 'baseUrl'>,
  { seriesKey, seriesInstanceUid, revision, instancesSha256 }: SeriesOfScope,
  listed: SeriesInstances | undefined,
): SeriesState[] {
  const series = { ...place, seriesKey, seriesInstanceUid };
  if (instancesSha256 !== undefined) return [{ ...series, revision, instancesSha256, instances: undefined }];
  if (listed === undefined) return [];
  const { instances } = listed;
  return [{ ...series, revision: listed.revision, instancesSha256: sha256Of(instances), instances }];
}

/** SHA-256 over those of the instances in their order. */
export function sha256Of(instances: readonly Pick<InstanceOfSeries, 'sha256'>[]): Buffer {
  const hash = createHash('sha256');
  for (const { sha256 } of instances) hash.update(sha256);
  return hash.digest();
}

/** A series is as it was listed; a study is at the revision that was read with those of its series, if they still have it. */
function revisionOf(
  scope: MetadataScope,
  states: readonly SeriesState[],
  inSeries: boolean,
): number | undefined {
  if (inSeries) return states[0]?.revision;
  const before = new Map(scope.series.map(({ seriesKey, revision }) => [seriesKey, revision]));
  const isUnchanged = states.every(({ seriesKey, revision }) => before.get(seriesKey) === revision);
  return isUnchanged ? scope.revision : undefined;
}
