/** Composes and stores the instances of a request that came as metadata and bulk data (PS3.18 §10.5.1.4, §10.5.2). */
import { type ComposedInstance, Tags, uidIn } from '@sandyq/dicom';
import {
  type ComposedFile,
  composeInstance,
  type Fault,
  faultOf,
  type MetadataPart,
  type RequestPart,
  readMetadata,
  refusedParts,
} from '@sandyq/indexing';
import type { MetadataParts } from './metadata-parts.ts';
import type { StoreSession } from './store-session.ts';

/** What it needs of the request. */
export interface StoreMetadataOptions {
  /** Transfer syntax that the request names for its bulk data. */
  readonly transferSyntax: string | undefined;
  /** Makes sure that so many bytes beyond those of the body can be written. */
  readonly reserve: (bytes: number) => Promise<void>;
}

/** One verdict for each data set, for each part that held none, and for each part that nothing referred to. */
export async function storeMetadata(
  parts: MetadataParts,
  session: StoreSession,
  options: StoreMetadataOptions,
): Promise<void> {
  const unreadable: Refusal[] = [];
  let reservedBytes = 0;
  for (const metadata of parts.metadata) {
    const attempt = await compose(metadata, parts, options);
    if ('fault' in attempt) {
      if (attempt.instance === undefined) unreadable.push(attempt);
      else await refuse(attempt, session);
      continue;
    }
    reservedBytes += attempt.mostBytes;
    await options.reserve(reservedBytes);
    await session.receiveComposed(attempt);
  }
  for (const { part, fault } of parts.faulty)
    unreadable.push({ fault: faultOf(fault) ?? malformed, parts: [part], instance: undefined });
  await refuseRest(unreadable, parts, session);
}

/** What nobody refers to belongs to metadata that could not be read, if there are any, and is kept with these. */
async function refuseRest(
  unreadable: readonly Refusal[],
  { bulk, isTorn }: MetadataParts,
  session: StoreSession,
): Promise<void> {
  const [first, ...others] = unreadable;
  if (first !== undefined) await refuse({ ...first, parts: [...first.parts, ...bulk.unreferenced] }, session);
  for (const each of others) await refuse(each, session);
  if (isTorn) session.refuse('truncated');
  else if (first === undefined) for (const part of bulk.unreferenced) await refuseUnreferenced(part, session);
}

const malformed: Fault = { reason: 'malformed', message: 'the metadata cannot be read' };

interface Refusal {
  readonly fault: Fault;
  readonly parts: readonly RequestPart[];
  readonly instance: ComposedInstance | undefined;
}

async function compose(
  metadata: MetadataPart,
  { bulk, isTorn }: MetadataParts,
  { transferSyntax }: StoreMetadataOptions,
): Promise<ComposedFile | Refusal> {
  let instance: ComposedInstance | undefined;
  try {
    instance = await readMetadata(metadata);
    return await composeInstance(metadata, instance, bulk, transferSyntax);
  } catch (error) {
    const fault = faultOf(error);
    if (fault === undefined) throw error;
    const referred = instance?.bulk.flatMap(({ uri }) => {
      const { whole, frames } = bulk.refer(uri);
      return whole.length > 0 ? whole : [...frames.values()];
    });
    const isLost = isTorn && fault.reason === 'bulk-data-missing';
    return {
      fault: isLost ? { ...fault, reason: 'truncated' } : fault,
      parts: [...new Set<RequestPart>([metadata, ...(referred ?? [])])],
      instance,
    };
  }
}

/** What lost a part on its way is sent again whole; anything else is kept. */
async function refuse({ fault, parts, instance }: Refusal, session: StoreSession): Promise<void> {
  const uid = (tag: number): string | undefined => instance && uidIn(instance.dataSet, tag);
  await session.refuseComposed({
    fault,
    uids: {
      sopClassUid: uid(Tags.SOPClassUID),
      sopInstanceUid: uid(Tags.SOPInstanceUID),
      studyInstanceUid: uid(Tags.StudyInstanceUID),
      seriesInstanceUid: uid(Tags.SeriesInstanceUID),
    },
    kept: fault.reason === 'truncated' ? undefined : refusedParts(parts),
  });
}

function refuseUnreferenced(part: RequestPart, session: StoreSession): Promise<void> {
  const fault: Fault = {
    reason: 'bulk-data-unreferenced',
    message: 'no metadata of the request have the Content-Location of this part as BulkDataURI',
  };
  return refuse({ fault, parts: [part], instance: undefined }, session);
}
