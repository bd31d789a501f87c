/**
 * From a request's path to what it names. What is not there, and what belongs to another facility, is 404 alike; what was
 * rejected or disposed of is 410 (PS3.18 §10.4.3).
 */
import {
  type Gone,
  type InstanceList,
  type InstanceScope,
  type LocatedInstance,
  listInstances,
  type Queryable,
  whyGone,
} from '@sandyq/database';
import { type InstancePath, parseUid } from '@sandyq/dicomweb';
import { HttpError, type RequestContext } from '@sandyq/http';
import { rejectionReasons } from '@sandyq/retention';
import type { RetrievalDependencies } from './dependencies.ts';

/** An instance, and the UIDs it was asked by. */
export interface FoundInstance extends LocatedInstance {
  readonly path: InstancePath;
}

/**
 * The instances of the study, or of the series if the path names one, or the one instance that it names. Throws DicomwebError
 * bad-request, HttpError not-found, gone.
 */
export async function findInstances(
  { database }: RetrievalDependencies,
  context: RequestContext,
): Promise<InstanceList & { readonly scope: InstanceScope }> {
  const { study, series, instance } = context.params;
  const scope = {
    studyInstanceUid: parseUid(study ?? '', 'study'),
    seriesInstanceUid: series === undefined ? undefined : parseUid(series, 'series'),
  };
  const list = await listInstances(database, scope);
  if (list !== undefined && !isVisible(list, context)) throw notFound();
  const sopInstanceUid = instance === undefined ? undefined : parseUid(instance, 'instance');
  if (list !== undefined && sopInstanceUid === undefined) return { ...list, scope };
  const instances = list?.instances.filter((one) => one.sopInstanceUid === sopInstanceUid) ?? [];
  if (list === undefined || instances.length === 0)
    throw await absence(database, context, { ...scope, sopInstanceUid });
  return { ...list, instances, scope };
}

/** The instance of the path. Throws DicomwebError bad-request, HttpError not-found, gone. */
export async function findInstance(
  { locations, database }: RetrievalDependencies,
  context: Pick<RequestContext, 'params' | 'decision'>,
): Promise<FoundInstance> {
  const { study, series, instance } = context.params;
  const path = {
    studyInstanceUid: parseUid(study ?? '', 'study'),
    seriesInstanceUid: parseUid(series ?? '', 'series'),
    sopInstanceUid: parseUid(instance ?? '', 'instance'),
  };
  const found = await locations.find(path);
  if (found === undefined) throw await absence(database, context, path);
  if (!isVisible(found, context)) throw notFound();
  return { ...found, path };
}

/** Whether the principal may see what belongs to this facility. */
export function isVisible(
  { facilityId }: { readonly facilityId: number },
  { decision }: Pick<RequestContext, 'decision'>,
): boolean {
  return decision.confinedTo === undefined || decision.confinedTo === String(facilityId);
}

/** Why the database has nothing to show of the scope: 410 where that is known and the asker's to know, else 404. */
export async function absence(
  database: Queryable,
  context: Pick<RequestContext, 'decision'>,
  scope: InstanceScope,
): Promise<HttpError> {
  const gone = await whyGone(database, scope);
  if (gone === undefined || !isVisible(gone, context)) return notFound();
  return new HttpError('gone', sentenceOn(gone));
}

function sentenceOn({ kind, reasonCode, at }: Gone): string {
  const what = kind === 'rejected' ? 'was rejected' : 'was disposed of';
  return `This ${what} on ${at.toISOString().slice(0, 10)}: ${rejectionReasons[reasonCode]} (${reasonCode}, DCM).`;
}

/** What is not there, and what may not be seen. */
export function notFound(): HttpError {
  return new HttpError('not-found', 'The archive has no such study, series or instance.');
}

/** A rejection or disposition while the answer was read: the client gets all of a revision or an error. */
export function takenOut(): HttpError {
  return new HttpError('overloaded', 'Instances were taken out while they were read. Ask again.');
}

/** Whether it is that error. */
export function isTakenOut(error: unknown): boolean {
  return error instanceof HttpError && error.code === 'overloaded';
}
