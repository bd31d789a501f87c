/** `GET …/studies/{study}` and `…/series/{series}` (PS3.18 §10.4.1.1.1, §10.4.1.1.2): every instance as application/dicom. */
import { type InstanceLocation, type ListedInstance, locateInstances } from '@sandyq/database';
import {
  type Accept,
  contentTypeOf,
  instanceUrl,
  longestValueBytes,
  negotiate,
  parseAccept,
  type RetrieveOffer,
  warningHeader,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import type { Loan } from './answer-buffers.ts';
import { answerBody, SMALL_ANSWER_BYTES } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { lengthOf, needsCodec, offersOf, openDicom } from './dicom-content.ts';
import { findInstances, takenOut } from './find-instances.ts';
import { type Container, type InstancePart, multipartContainer } from './instances-container.ts';
import { notAcceptable } from './not-acceptable.ts';
import { pagesOf } from './pages.ts';
import { readAhead } from './read-ahead.ts';
import { sendingReader } from './read-entry.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';
import { isLasting, isRefusal, requestError } from './transcoding/codec-fault.ts';
import { LeftOut } from './transcoding/left-out.ts';

/** An instance and the representation it is sent in. */
interface Chosen {
  readonly instance: ListedInstance;
  readonly offer: RetrieveOffer;
}

/** How the instances are wanted. */
export interface Wanted {
  /** As which parts. */
  readonly accept: Accept;
  /** In what. */
  readonly container: Container;
}

function acceptedParts({ headers, query }: RequestContext): Wanted {
  return { accept: parseAccept(headers.accept, query.get('accept')), container: multipartContainer };
}

type ScopedList = Awaited<ReturnType<typeof findInstances>>;

/** An answer that is begun anew each time an instance fails in its middle gives up after so many. */
const MOST_BEGINNINGS = 8;
/** Where codecs are at work, more of the answer is made before its head leaves: they may refuse an instance. */
const CONVERTED_BEGINNING_BYTES = 16 * 1024 * 1024;

/**
 * Answers 200 with all instances; 206 with a Warning where some can not be sent as asked; 406 where none can. Read
 * and sent one by one: memory does not depend on the size of the study. An instance whose pixels can't be converted is
 * left out if that shows before the head leaves; later it breaks the answer off, and is left out of the next one.
 */
export async function retrieveInstances(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  wanted: Wanted = acceptedParts(context),
): Promise<Answer> {
  const list = await findInstances(dependencies, context);
  for (let beginnings = 1; ; beginnings += 1) {
    try {
      return await answerInstances(dependencies, context, list, wanted);
    } catch (error) {
      // It is a known fault now.
      const isToBeLeftOut = isRefusal(error) && isLasting(error);
      if (!isToBeLeftOut || beginnings === MOST_BEGINNINGS) throw requestError(error);
    }
  }
}

async function answerInstances(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  list: ScopedList,
  { accept, container }: Wanted,
): Promise<Answer> {
  const { chosen, fault } = chooseRepresentations(dependencies, list.instances, accept);
  const [first] = chosen;
  if (first === undefined) throw fault ?? notAcceptable(list.instances[0]?.transferSyntaxUid ?? '');
  const { tag, boundary } = identifyRepresentation(
    chosen.map(({ instance }) => instance.sha256),
    container.kind,
    list.revision,
    chosen.map(({ offer }) => offer.transferSyntax).join(),
    context.baseUrl,
  );
  const leftOut = new LeftOut<string>();
  const make = async (): Promise<Answer> => {
    const contents = container.write({
      parts: openParts(dependencies, context, list, { chosen, leftOut, passesOn: container.passesOn }),
      mediaType: first.offer.mediaType,
      transferSyntax: sharedSyntax(chosen),
      boundary,
      name: context.params['instance'] ?? context.params['series'] ?? list.scope.studyInstanceUid,
    });
    const isConverted = chosen.some(({ offer }) => needsCodec(offer));
    const body = await answerBody(
      contents.body,
      isConverted ? CONVERTED_BEGINNING_BYTES : SMALL_ANSWER_BYTES,
    );
    leftOut.isHeadSent = true;
    if (leftOut.firstFault !== undefined && leftOut.count === chosen.length) throw leftOut.firstFault;
    const answer = { status: 200, headers: contents.headers, body };
    const omitted = list.instances.length - chosen.length + leftOut.count;
    return omitted > 0 ? partial(answer, omitted, list.instances.length, context) : answer;
  };
  if (chosen.length < list.instances.length) return make();
  const answer = await taggedAnswer(context, { tag, caching: 'revalidated' }, make);
  return answer.status === 206 ? untagged(answer) : answer;
}

interface Choice {
  readonly chosen: readonly Chosen[];
  /** Why the first of those that codecs have refused before is not among them. */
  readonly fault: unknown;
}

/** Instances of the same kind get the same representation; those without one are left out. */
function chooseRepresentations(
  { knownFaults }: RetrievalDependencies,
  instances: readonly ListedInstance[],
  accept: Accept,
): Choice {
  const byKind = new Map<string, RetrieveOffer | undefined>();
  let fault: unknown;
  const chosen = instances.flatMap((instance) => {
    const kind = kindOf(instance);
    if (!byKind.has(kind)) byKind.set(kind, negotiate(accept, offersOf(instance, true)));
    const offer = byKind.get(kind);
    if (offer === undefined) return [];
    const known = needsCodec(offer) ? knownFaults.find(instance.sha256, offer.transferSyntax) : undefined;
    fault ??= known;
    return known === undefined ? [{ instance, offer }] : [];
  });
  return { chosen, fault: requestError(fault) };
}

/** What the offers for an instance depend on. */
function kindOf({ transferSyntaxUid, hasPixelData, pixels }: ListedInstance): string {
  const isTooLong = (pixels.decodedLength ?? 0) > longestValueBytes;
  return [transferSyntaxUid, hasPixelData, pixels.isLossy, isTooLong].join(' ');
}

function sharedSyntax(chosen: readonly Chosen[]): string | undefined {
  const syntaxes = new Set(chosen.map(({ offer }) => offer.transferSyntax));
  const [only] = syntaxes;
  return syntaxes.size === 1 ? only : undefined;
}

function partial(answer: Answer, omitted: number, total: number, { baseUrl }: RequestContext): Answer {
  const text =
    `${omitted} of ${total} instances are left out, because they can not be sent in the transfer syntax asked for; ` +
    'accept them as stored with transfer-syntax=*';
  const headers = { Vary: 'Accept', Warning: warningHeader(`${baseUrl}/dicom-web`, text) };
  return { ...answer, status: 206, headers: { ...answer.headers, ...headers } };
}

/** A part is not to be kept: a cache would take it for the whole. */
function untagged(answer: Answer): Answer {
  const { ETag: _tag, 'Cache-Control': _caching, ...headers } = answer.headers ?? {};
  return { ...answer, headers };
}

interface ToSend {
  readonly chosen: readonly Chosen[];
  /** By SOP Instance UID. */
  readonly leftOut: LeftOut<string>;
  /** See {@link Container}. */
  readonly passesOn: boolean;
}

async function* openParts(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  list: ScopedList,
  { chosen, leftOut, passesOn }: ToSend,
): AsyncGenerator<InstancePart> {
  const { studyInstanceUid } = list.scope;
  const located = locate(dependencies, list.studyKey, chosen);
  const open = ({ location, offer, loan }: Located) => {
    // What is read before the head leaves is held together; from then on each part has left when the next one is asked for.
    const isLent = passesOn && leftOut.isHeadSent && offer.conversion === 'none';
    const reader = isLent ? sendingReader(context, loan) : context;
    return leftOut.guard(location.sopInstanceUid, openDicom(dependencies, location, offer, reader));
  };
  for await (const [{ location, offer, loan }, body] of readAhead(located, open)) {
    const { seriesInstanceUid, sopInstanceUid } = location;
    if (leftOut.has(sopInstanceUid)) continue;
    const path = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
    const contentLocation = instanceUrl(`${context.baseUrl}/dicom-web`, path);
    const contentLength = lengthOf(body, location, offer);
    const length = contentLength === undefined ? {} : { contentLength };
    yield {
      fields: { contentType: contentTypeOf(offer), contentLocation, ...length },
      body,
      location,
      offer,
    };
    loan.giveBack();
  }
}

interface Located {
  readonly location: InstanceLocation;
  readonly offer: RetrieveOffer;
  /** What it is read into. */
  readonly loan: Loan;
}

async function* locate(
  { database, buffers }: RetrievalDependencies,
  studyKey: number,
  chosen: readonly Chosen[],
): AsyncGenerator<Located> {
  for (const page of pagesOf(chosen, ({ instance }) => instance.crcTableBytes)) {
    const uids = page.map(({ instance }) => instance.sopInstanceUid);
    const locations = await locateInstances(database, studyKey, uids);
    if (locations.length !== page.length) throw takenOut();
    for (const [index, { offer }] of page.entries()) {
      const location = locations[index];
      if (location !== undefined) yield { location, offer, loan: buffers.lend() };
    }
  }
}
