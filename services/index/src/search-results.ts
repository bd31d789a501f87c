/** The results of a search in the form the client accepts, within a bound on bytes (PS3.18 §10.6.3.3, §8.7.3.2). */
import { gunzipSync } from 'node:zlib';
import { type Database, readMetadataPiecesOf, type SearchHit } from '@sandyq/database';
import { type DicomJson, stringifyDicomJson } from '@sandyq/dicom';
import { dicomJsonToXml, type ModelOffer, type SearchRequest } from '@sandyq/dicomweb';
import { resultsOf } from './search-result.ts';

/** An answer ends with the result that passes so many bytes, and says that there are more: `includefield=all` can be large. */
const LARGEST_ANSWER_BYTES = 64 * 2 ** 20;
/** Instances whose whole attributes are held at a time. */
const INSTANCES_AT_ONCE = 50;

export interface SerialisedResults {
  /** In the order of the hits; fewer where the answer would be too large, but at least one. */
  readonly texts: readonly string[];
  /** Instances of which only the columns are known: the cache of their attributes is being filled again. */
  readonly incomplete: number;
}

/** Serialises results in order. */
export async function serialiseResults(
  database: Database,
  hits: readonly SearchHit[],
  { request, offer, rootUrl }: { request: SearchRequest; offer: ModelOffer; rootUrl: string },
): Promise<SerialisedResults> {
  const resultOf = resultsOf(request, rootUrl);
  const texts: string[] = [];
  let incomplete = 0;
  let bytes = 0;
  for (let start = 0; start < hits.length && bytes < LARGEST_ANSWER_BYTES; start += INSTANCES_AT_ONCE) {
    const some = hits.slice(start, start + INSTANCES_AT_ONCE);
    const pieces = await instancePieces(database, request, some);
    for (const hit of some) {
      if (bytes >= LARGEST_ANSWER_BYTES) break;
      const instance = hit.instance && pieces.get(hit.instance.sopInstanceUid);
      const result = resultOf(hit, instance && inflated(instance));
      const text = offer.model === 'json' ? stringifyDicomJson(result) : dicomJsonToXml(result);
      bytes += Buffer.byteLength(text);
      texts.push(text);
      if (instance === undefined && needsPieces(request)) incomplete += 1;
    }
  }
  return { texts, incomplete };
}

/** The whole DICOM JSON of matched instances, read only where the request asks for more than the columns hold. */
async function instancePieces(
  database: Database,
  request: SearchRequest,
  hits: readonly SearchHit[],
): Promise<Map<string, Buffer>> {
  if (!needsPieces(request)) return new Map();
  return readMetadataPiecesOf(
    database,
    hits.flatMap(({ instance }) => instance ?? []),
  );
}

function needsPieces({ level, include, filters }: SearchRequest): boolean {
  return level === 'instance' && (include === 'all' || include.length > 0 || filters.length > 0);
}

function inflated(piece: Buffer): DicomJson {
  return JSON.parse(gunzipSync(piece).toString('utf8')) as DicomJson;
}
