/** Search transactions (PS3.18 §10.6) at three levels, unscoped and scoped. */

import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type Database, readMetadataPieces, type SearchHit, search } from '@sandyq/database';
import { type DicomJson, stringifyDicomJson } from '@sandyq/dicom';
import {
  boundaryFrom,
  contentTypeOf,
  DicomwebError,
  dataSetsOffers,
  dicomJsonToXml,
  dicomXmlType,
  furtherResults,
  type ModelOffer,
  MultipartWriter,
  negotiate,
  notSupported,
  parseAccept,
  parseSearch,
  parseUid,
  type SearchLevel,
  type SearchRequest,
  warningHeader,
} from '@sandyq/dicomweb';
import type { Answer, GuardedRoute, RequestContext } from '@sandyq/http';
import { searchResult } from './search-result.ts';

/** Results of one answer at most, also where no limit is asked for; a Warning then says that more match. */
export const MAX_RESULTS = 5_000;
/** Results where no limit is asked for. */
export const DEFAULT_RESULTS = 1_000;

/** The six search resources. */
export function searchRoutes(database: Database): GuardedRoute[] {
  const route = (path: string, level: SearchLevel): GuardedRoute => ({
    method: 'GET',
    path: `/dicom-web${path}`,
    action: 'search',
    patientData: true,
    keepsToFacility: true,
    handler: (context) => searchFor(database, level, context),
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

async function searchFor(database: Database, level: SearchLevel, context: RequestContext): Promise<Answer> {
  const offer = negotiate(parseAccept(context.headers.accept, context.query.get('accept')), dataSetsOffers);
  if (offer === undefined) {
    throw new DicomwebError(
      'not-acceptable',
      `answers are application/dicom+json or multipart ${dicomXmlType}`,
    );
  }
  const request = parseSearch(level, scopeOf(context), context.query);
  const { confinedTo } = context.decision;
  const { hits, hasMore } = await search(database, request, {
    limit: Math.min(request.limit ?? DEFAULT_RESULTS, MAX_RESULTS),
    visibility: { facilityId: confinedTo === undefined ? undefined : Number(confinedTo) },
  });
  const rootUrl = `${context.baseUrl}/dicom-web`;
  const pieces = await instancePieces(database, request, hits);
  const results = hits.map((hit) =>
    searchResult(hit, request, {
      rootUrl,
      instance: hit.instance && pieces.get(hit.instance.sopInstanceUid),
    }),
  );
  return withWarnings(answerWith(results, offer), warningsOf(request, hasMore), rootUrl);
}

function scopeOf({ params }: RequestContext) {
  return {
    studyInstanceUid: params['study'] === undefined ? undefined : parseUid(params['study'], 'study'),
    seriesInstanceUid: params['series'] === undefined ? undefined : parseUid(params['series'], 'series'),
  };
}

/** The whole DICOM JSON of matched instances, read only where the request asks for more than the columns hold. */
async function instancePieces(
  database: Database,
  request: SearchRequest,
  hits: readonly SearchHit[],
): Promise<Map<string, DicomJson>> {
  const pieces = new Map<string, DicomJson>();
  if (
    request.level !== 'instance' ||
    (request.include !== 'all' && request.include.length === 0 && request.filters.length === 0)
  ) {
    return pieces;
  }
  const instances = hits.flatMap(({ instance }) => instance ?? []);
  for (const [studyKey, members] of Map.groupBy(instances, (instance) => instance.studyKey)) {
    const found = await readMetadataPieces(
      database,
      studyKey,
      members.map((instance) => instance.sopInstanceUid),
    );
    for (const [uid, piece] of found)
      pieces.set(uid, JSON.parse(gunzipSync(piece).toString('utf8')) as DicomJson);
  }
  return pieces;
}

function warningsOf(request: SearchRequest, hasMore: boolean): string[] {
  return [
    ...request.warnings,
    ...(request.fuzzy ? [notSupported('fuzzymatching')] : []),
    ...(hasMore ? [furtherResults] : []),
  ];
}

/** PS3.18 §8.3.4.4.1: no match is 204 without a body. */
function answerWith(results: readonly DicomJson[], offer: ModelOffer): Answer {
  if (results.length === 0) return { status: 204 };
  if (offer.model === 'json') {
    return {
      status: 200,
      headers: { 'Content-Type': contentTypeOf(offer) },
      body: `[${results.map(stringifyDicomJson).join(',')}]`,
    };
  }
  const writer = new MultipartWriter({ type: dicomXmlType, boundary: boundaryFrom(randomBytes(16)) });
  const parts = results.flatMap((result) => [
    writer.partHeader({ contentType: dicomXmlType }),
    Buffer.from(dicomJsonToXml(result)),
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
