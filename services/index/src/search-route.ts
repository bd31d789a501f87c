/** Search transactions (PS3.18 §10.6) at three levels, unscoped and scoped. */

import { hash, randomBytes } from 'node:crypto';
import { DatabaseError, type OrderKey, type SearchResult, search, type WhenRoom } from '@sandyq/database';
import {
  boundaryFrom,
  contentTypeOf,
  DicomwebError,
  dataSetsOffers,
  dicomXmlType,
  furtherResults,
  type ModelOffer,
  MultipartWriter,
  negotiate,
  notReturned,
  parseAccept,
  parseSearch,
  parseUid,
  remainingResults,
  type SearchLevel,
  type SearchRequest,
  warningHeader,
} from '@sandyq/dicomweb';
import { type Answer, type GuardedRoute, HttpError, type Places, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { broadSearches, whenRoom } from './broad-searches.ts';
import { PageAnchors } from './page-anchors.ts';
import { tagsNotReturned } from './search-result.ts';
import { serialiseResults } from './search-results.ts';

/** Results of one answer at most, also where no limit is asked for; a Warning then says that more match. */
export const MAX_RESULTS = 5_000;
/** Results where no limit is asked for. */
export const DEFAULT_RESULTS = 1_000;

interface Ports extends Pick<Archive, 'database' | 'settings'> {
  readonly anchors: PageAnchors;
  readonly broad: Places;
}

/** The six search resources. */
export function searchRoutes({ database, settings }: Pick<Archive, 'database' | 'settings'>): GuardedRoute[] {
  const archive: Ports = {
    database,
    settings,
    anchors: new PageAnchors(() => performance.now()),
    broad: broadSearches(settings.database.maxConnections),
  };
  const route = (path: string, level: SearchLevel): GuardedRoute => ({
    method: 'GET',
    path: `/dicom-web${path}`,
    action: 'search',
    patientData: true,
    keepsToFacility: true,
    handler: (context) => searchFor(archive, level, context),
  });
  return [
    route('/studies', 'study'),
    route('/series', 'series'),
    route('/instances', 'instance'),
    route('/studies/:study/series', 'series'),
    route('/studies/:study/instances', 'instance'),
    route('/studies/:study/series/:series/instances', 'instance'),
  ];
}

async function searchFor(archive: Ports, level: SearchLevel, context: RequestContext): Promise<Answer> {
  const offer = negotiate(parseAccept(context.headers.accept, context.query.get('accept')), dataSetsOffers);
  if (offer === undefined) {
    throw new DicomwebError(
      'not-acceptable',
      `answers are application/dicom+json or multipart ${dicomXmlType}`,
    );
  }
  const request = parseSearch(level, scopeOf(context), context.query);
  const { hits, remaining } = await matchesOf(archive, request, {
    confinedTo: context.decision.confinedTo,
    after: request.offset === 0 ? undefined : archive.anchors.find(pageOf(request, context), request.offset),
    whenRoom: whenRoom(archive.broad, context),
  });
  const rootUrl = `${context.baseUrl}/dicom-web`;
  const { texts, incomplete } = await serialiseResults(archive.database, hits, { request, offer, rootUrl });
  const left = remaining === 'many' ? remaining : remaining + hits.length - texts.length;
  const last = hits[texts.length - 1];
  if (left !== 0 && last !== undefined)
    archive.anchors.remember(pageOf(request, context), request.offset + texts.length, last.orderKey);
  const warnings = [
    ...request.warnings,
    ...tagsNotReturned(request).map((name) => notReturned(name, level)),
    ...(incomplete > 0 ? [`Of ${incomplete} instances not all attributes asked for are at hand.`] : []),
    ...remainder(left),
  ];
  return withWarnings(answerWith(texts, offer), warnings, rootUrl);
}

/** Whose search it is, and for what: the same for all its pages. */
function pageOf(
  { level, studyInstanceUid, seriesInstanceUid }: SearchRequest,
  context: RequestContext,
): string {
  const query = [...context.query].filter(([name]) => name !== 'limit' && name !== 'offset');
  const search = [context.principal.id, level, studyInstanceUid, seriesInstanceUid, query];
  // A hash: queries name patients, and the memory is not to hold more than it needs.
  return hash('sha256', JSON.stringify(search), 'base64');
}

async function matchesOf(
  { database, settings }: Ports,
  request: SearchRequest,
  options: { confinedTo: string | undefined; after: OrderKey | undefined; whenRoom: WhenRoom },
): Promise<SearchResult> {
  const { confinedTo, ...rest } = options;
  try {
    return await search(database, request, {
      limit: Math.min(request.limit ?? DEFAULT_RESULTS, MAX_RESULTS),
      visibility: { facilityId: confinedTo === undefined ? undefined : Number(confinedTo) },
      crossScriptNames: settings.crossScriptNames,
      ...rest,
    });
  } catch (error) {
    // PS3.18 Table 10.6.3-1: PostgreSQL gave up after the time that a statement may take.
    if (error instanceof DatabaseError && error.sqlState === QUERY_CANCELED)
      throw new HttpError(
        'too-large',
        'The search is too broad: add a matching key, e.g. a range of StudyDate.',
        {
          cause: error,
        },
      );
    throw error;
  }
}

/** SQLSTATE of a statement that took too long. */
const QUERY_CANCELED = '57014';

function remainder(remaining: number | 'many'): string[] {
  if (remaining === 0) return [];
  return [remaining === 'many' ? furtherResults : remainingResults(remaining)];
}

function scopeOf({ params }: RequestContext) {
  return {
    studyInstanceUid: params['study'] === undefined ? undefined : parseUid(params['study'], 'study'),
    seriesInstanceUid: params['series'] === undefined ? undefined : parseUid(params['series'], 'series'),
  };
}

/** PS3.18 §8.3.4.4.1: no match is 204 without a body. */
function answerWith(results: readonly string[], offer: ModelOffer): Answer {
  if (results.length === 0) return { status: 204 };
  if (offer.model === 'json') {
    return {
      status: 200,
      headers: { 'Content-Type': contentTypeOf(offer) },
      body: `[${results.join(',')}]`,
    };
  }
  const writer = new MultipartWriter({ type: dicomXmlType, boundary: boundaryFrom(randomBytes(16)) });
  const parts = results.flatMap((result) => [
    writer.partHeader({ contentType: dicomXmlType }),
    Buffer.from(result),
  ]);
  return {
    status: 200,
    headers: { 'Content-Type': writer.contentType },
    body: Buffer.concat([...parts, writer.closing]),
  };
}

function withWarnings(answer: Answer, warnings: readonly string[], rootUrl: string): Answer {
  if (warnings.length === 0) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, Warning: warnings.map((text) => warningHeader(rootUrl, text)) },
  };
}
