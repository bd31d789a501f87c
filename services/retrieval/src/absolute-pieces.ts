/** The DICOM JSON of instances as clients get it: with absolute BulkDataURIs. */
import { readMetadataPieces } from '@sandyq/database';
import type { StoredBytes } from './dependencies.ts';
import { takenOut } from './find-instances.ts';
import { unpackedPieces } from './metadata-pieces.ts';
import { oneAhead } from './one-ahead.ts';
import { pagesOf } from './pages.ts';
import type { Reader } from './read-entry.ts';

/** What a piece is asked by. */
export interface PieceOwner {
  readonly sopInstanceUid: string;
  /** Bytes of its metadata piece; 0 where that is not known. */
  readonly metadataBytes: number;
}

/** Instances of one study. */
export interface PieceOwners<Owner extends PieceOwner> {
  readonly studyKey: number;
  readonly instances: readonly Owner[];
  /** Where clients find the instance. */
  readonly urlOf: (instance: Owner) => string;
}

/** The DICOM JSON of an instance with relative BulkDataURIs, and the URL that they are relative to. */
export interface AbsolutePiece {
  readonly json: Buffer;
  readonly url: string;
}

/**
 * In order, several at a time where they are short. The next page is read while one is used. Throws HttpError overloaded if
 * an instance was taken out meanwhile; StorageError.
 */
export async function* absolutePieces<Owner extends PieceOwner>(
  dependencies: StoredBytes,
  { studyKey, instances, urlOf }: PieceOwners<Owner>,
  reader: Reader,
): AsyncGenerator<readonly AbsolutePiece[]> {
  const read = (page: readonly Owner[]) =>
    readMetadataPieces(
      dependencies.database,
      studyKey,
      page.map(({ sopInstanceUid }) => sopInstanceUid),
    );
  const pages = pagesOf(instances, ({ metadataBytes }) => metadataBytes);
  for await (const [page, stored] of oneAhead(pages, read)) {
    const groups = unpackedPieces(dependencies, { studyKey, instances: page, stored }, reader);
    for await (const group of groups) yield group.map(([owner, json]) => absolutePiece(json, urlOf(owner)));
  }
}

function absolutePiece(json: Buffer | undefined, url: string): AbsolutePiece {
  if (json === undefined) throw takenOut();
  return { json, url };
}

/** As it stands in stored JSON. Inside a string the quotes would be escaped, so it is found nowhere else. */
const RELATIVE_URI = Buffer.from('"BulkDataURI":"bulkdata/');
/** Where in it the URL goes. */
const URI_BEGINS = RELATIVE_URI.length - 'bulkdata/'.length;
const COMMA = Buffer.from(',');

/**
 * The pieces with commas between them, and before them where others have come already; `bulkdata/7FE00010` →
 * `{url}/bulkdata/7FE00010`. In memory that is asked for once.
 */
export function absoluteText(pieces: readonly AbsolutePiece[], isContinued = false): Buffer {
  const found = pieces.map(({ json, url }) => ({
    json,
    base: Buffer.from(`${url}/`),
    at: uriPlacesIn(json),
  }));
  const bytes = found.reduce((sum, { json, base, at }) => sum + json.length + base.length * at.length, 0);
  const text = Buffer.allocUnsafeSlow(bytes + Math.max(pieces.length - (isContinued ? 0 : 1), 0));
  let length = 0;
  for (const [index, { json, base, at }] of found.entries()) {
    if (index > 0 || isContinued) length += COMMA.copy(text, length);
    let from = 0;
    for (const place of at) {
      length += json.copy(text, length, from, place);
      length += base.copy(text, length);
      from = place;
    }
    length += json.copy(text, length, from);
  }
  return text;
}

function uriPlacesIn(json: Buffer): number[] {
  const places: number[] = [];
  for (let at = json.indexOf(RELATIVE_URI); at !== -1; at = json.indexOf(RELATIVE_URI, at + URI_BEGINS))
    places.push(at + URI_BEGINS);
  return places;
}
