/** `GET …/studies/{study}` and `…/series/{series}` (PS3.18 §10.4.1.1.1, §10.4.1.1.2): every instance as application/dicom. */
import {
  type InstanceList,
  type InstanceLocation,
  type ListedInstance,
  locateInstances,
} from '@sandyq/database';
import {
  type Accept,
  contentTypeOf,
  instanceUrl,
  MultipartWriter,
  negotiate,
  parseAccept,
  type RetrieveOffer,
  warningHeader,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerBody } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { offersOf, openDicom } from './dicom-content.ts';
import { findInstances, takenOut } from './find-instances.ts';
import { type BodyPart, multipartBody } from './multipart-body.ts';
import { notAcceptable } from './not-acceptable.ts';
import { pagesOf } from './pages.ts';
import { readAhead } from './read-ahead.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';

/** An instance and the representation it is sent in. */
interface Chosen {
  readonly instance: ListedInstance;
  readonly offer: RetrieveOffer;
}

/**
 * Answers 200 with all instances; 206 with a Warning where some can not be sent as asked; 406 where none can. Read
 * and sent one by one: memory does not depend on the size of the study.
 */
export async function retrieveInstances(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const list = await findInstances(dependencies, context);
  const chosen = chooseRepresentations(list.instances, accept);
  const [first] = chosen;
  if (first === undefined) throw notAcceptable(list.instances[0]?.transferSyntaxUid ?? '');
  const { tag, boundary } = identifyRepresentation(
    chosen.map(({ instance }) => instance.sha256),
    'instances',
    list.revision,
    chosen.map(({ offer }) => offer.transferSyntax).join(),
    context.baseUrl,
  );
  const writer = new MultipartWriter({ type: first.offer.mediaType, boundary, ...sharedSyntax(chosen) });
  const make = async (): Promise<Answer> => ({
    status: 200,
    headers: { 'Content-Type': writer.contentType },
    body: await answerBody(multipartBody(writer, openParts(dependencies, context, list, chosen))),
  });
  const omitted = list.instances.length - chosen.length;
  if (omitted > 0) return partial(await make(), omitted, list.instances.length, context);
  return taggedAnswer(context, { tag, caching: 'revalidated' }, make);
}

/** Instances of the same kind get the same representation; those without one are left out. */
function chooseRepresentations(instances: readonly ListedInstance[], accept: Accept): Chosen[] {
  const byKind = new Map<string, RetrieveOffer | undefined>();
  return instances.flatMap((instance) => {
    const kind = `${instance.transferSyntaxUid} ${instance.hasPixelData}`;
    if (!byKind.has(kind)) byKind.set(kind, negotiate(accept, offersOf(instance, true)));
    const offer = byKind.get(kind);
    return offer === undefined ? [] : [{ instance, offer }];
  });
}

function sharedSyntax(chosen: readonly Chosen[]): { transferSyntax?: string } {
  const syntaxes = new Set(chosen.map(({ offer }) => offer.transferSyntax));
  const [only] = syntaxes;
  return syntaxes.size === 1 && only !== undefined ? { transferSyntax: only } : {};
}

/** Without a tag and not to be kept: a cache would take it for the whole. */
function partial(answer: Answer, omitted: number, total: number, { baseUrl }: RequestContext): Answer {
  const text =
    `${omitted} of ${total} instances are left out, because they can not be sent in the transfer syntax asked for; ` +
    'accept them as stored with transfer-syntax=*';
  const headers = { Vary: 'Accept', Warning: warningHeader(`${baseUrl}/dicom-web`, text) };
  return { ...answer, status: 206, headers: { ...answer.headers, ...headers } };
}

async function* openParts(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  list: InstanceList & { readonly scope: { readonly studyInstanceUid: string } },
  chosen: readonly Chosen[],
): AsyncGenerator<BodyPart> {
  const { studyInstanceUid } = list.scope;
  const located = locate(dependencies, list.studyKey, chosen);
  const open = ([location, offer]: Located) => openDicom(dependencies, location, offer, context);
  for await (const [[{ seriesInstanceUid, sopInstanceUid }, offer], body] of readAhead(located, open)) {
    const path = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
    const contentLocation = instanceUrl(`${context.baseUrl}/dicom-web`, path);
    yield { fields: { contentType: contentTypeOf(offer), contentLocation }, body };
  }
}

type Located = readonly [InstanceLocation, RetrieveOffer];

async function* locate(
  { database }: RetrievalDependencies,
  studyKey: number,
  chosen: readonly Chosen[],
): AsyncGenerator<Located> {
  for (const page of pagesOf(chosen, ({ instance }) => instance.crcTableBytes)) {
    const uids = page.map(({ instance }) => instance.sopInstanceUid);
    const locations = await locateInstances(database, studyKey, uids);
    if (locations.length !== page.length) throw takenOut();
    for (const [index, { offer }] of page.entries()) {
      const location = locations[index];
      if (location !== undefined) yield [location, offer];
    }
  }
}
