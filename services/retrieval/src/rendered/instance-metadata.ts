/** The metadata of one instance as it stands in the index: what text is written from. */
import type { InstanceLocation } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import type { RetrievalDependencies } from '../dependencies.ts';
import { readPieces } from '../metadata-pieces.ts';
import type { Reader } from '../read-entry.ts';

/** Its DICOM JSON; empty where it is not there any more. */
export async function metadataOf(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): Promise<DicomJson> {
  for await (const [, json] of readPieces(dependencies, location.studyKey, [location], reader)) {
    // Written by the archive itself, from its own model.
    if (json !== undefined) return JSON.parse(json.toString()) as DicomJson;
  }
  return {};
}
