/** The DICOM JSON of instances as clients get it: with absolute BulkDataURIs. */
import type { StoredBytes } from './dependencies.ts';
import { takenOut } from './find-instances.ts';
import { readPieces } from './metadata-pieces.ts';
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

/** In order, one at a time, each in parts that lie one after the other. Throws HttpError overloaded if an instance was taken out meanwhile; StorageError. */
export async function* absolutePieces<Owner extends PieceOwner>(
  dependencies: StoredBytes,
  { studyKey, instances, urlOf }: PieceOwners<Owner>,
  reader: Reader,
): AsyncGenerator<readonly Buffer[]> {
  for (const page of pagesOf(instances, ({ metadataBytes }) => metadataBytes)) {
    for await (const [instance, piece] of readPieces(dependencies, studyKey, page, reader)) {
      if (piece === undefined) throw takenOut();
      yield withAbsoluteUris(piece, urlOf(instance));
    }
  }
}

/** As it stands in stored JSON. Inside a string the quotes would be escaped, so it is found nowhere else. */
const RELATIVE_URI = Buffer.from('"BulkDataURI":"bulkdata/');

/** `bulkdata/7FE00010` → `{instance}/bulkdata/7FE00010`; in parts, so that nothing is copied for it. */
export function withAbsoluteUris(json: Buffer, instance: string): readonly Buffer[] {
  let at = json.indexOf(RELATIVE_URI);
  if (at === -1) return [json];
  const parts: Buffer[] = [];
  const absolute = Buffer.from(`"BulkDataURI":"${instance}/bulkdata/`);
  let from = 0;
  for (; at !== -1; at = json.indexOf(RELATIVE_URI, from)) {
    parts.push(json.subarray(from, at), absolute);
    from = at + RELATIVE_URI.length;
  }
  return [...parts, json.subarray(from)];
}
