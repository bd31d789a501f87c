/** From a request's path to what it names. What is not there, and what belongs to another facility, is 404 alike. */
import { type InstanceList, type InstanceScope, type LocatedInstance, listInstances } from '@sandyq/database';
import { type InstancePath, parseUid } from '@sandyq/dicomweb';
import { HttpError, type RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from './dependencies.ts';

/** An instance, and the UIDs it was asked by. */
export interface FoundInstance extends LocatedInstance {
  readonly path: InstancePath;
}

/**
 * The instances of the study, or of the series if the path names one, or the one instance that it names. Throws DicomwebError
 * bad-request, HttpError not-found.
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
  if (list === undefined || !isVisible(list, context)) throw notFound();
  if (instance === undefined) return { ...list, scope };
  const sopInstanceUid = parseUid(instance, 'instance');
  const instances = list.instances.filter((one) => one.sopInstanceUid === sopInstanceUid);
  if (instances.length === 0) throw notFound();
  return { ...list, instances, scope };
}

/** The instance of the path. Throws DicomwebError bad-request, HttpError not-found. */
export async function findInstance(
  { locations }: RetrievalDependencies,
  context: Pick<RequestContext, 'params' | 'decision'>,
): Promise<FoundInstance> {
  const { study, series, instance } = context.params;
  const path = {
    studyInstanceUid: parseUid(study ?? '', 'study'),
    seriesInstanceUid: parseUid(series ?? '', 'series'),
    sopInstanceUid: parseUid(instance ?? '', 'instance'),
  };
  const found = await locations.find(path);
  if (found === undefined || !isVisible(found, context)) throw notFound();
  return { ...found, path };
}

/** Whether the principal may see what belongs to this facility. */
export function isVisible(
  { facilityId }: { readonly facilityId: number },
  { decision }: Pick<RequestContext, 'decision'>,
): boolean {
  return decision.confinedTo === undefined || decision.confinedTo === String(facilityId);
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
