/** The attributes of an instance without its pixels, read from its bytes: for what the index does not know. */
import type { InstanceLocation } from '@sandyq/database';
import {
  type DataSet,
  type DataSetVisitor,
  DicomError,
  Part10Reader,
  type ReaderLimits,
} from '@sandyq/dicom';
import type { RetrievalDependencies } from '../dependencies.ts';
import { type Reader, readEntry } from '../read-entry.ts';

const MEBIBYTE = 1024 * 1024;

/** Look-up tables and overlay planes are kept with it, within bounds. */
const GENEROUS: Partial<ReaderLimits> = {
  headerBytes: 64 * MEBIBYTE,
  keptValueBytes: 4 * MEBIBYTE,
  keptBinaryValueBytes: 4 * MEBIBYTE,
};

/**
 * The data set up to the pixel data; all of it where there is none. Values of more than 4 MiB are left out; where there
 * are very many, those of more than 1 KiB (text: 64 KiB). Numbers have the byte order of the data set. It is shared with
 * others who ask for it: not to be changed.
 * @throws as readEntry; DicomError where the stored bytes are none
 */
export function readDataSet(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  { signal, logger }: Reader,
): Promise<DataSet> {
  const key = location.sha256.toString('base64');
  return dependencies.caches.dataSets.get(key, signal, (shared) =>
    readGenerously(dependencies, location, { signal: shared, logger }),
  );
}

async function readGenerously(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): Promise<DataSet> {
  try {
    return (await readHeader(dependencies, location, reader, { limits: GENEROUS })).dataSet;
  } catch (error) {
    if (!(error instanceof DicomError) || error.code !== 'limit-exceeded') throw error;
    return (await readHeader(dependencies, location, reader)).dataSet;
  }
}

/** What stands before the pixel data. */
export interface Header {
  readonly dataSet: DataSet;
  /** The bytes it was read from, if they are few. */
  readonly held: readonly Uint8Array[] | undefined;
}

/** How a header is read. */
export interface HeaderOptions {
  readonly limits?: Partial<ReaderLimits>;
  readonly visitor?: DataSetVisitor;
  /** Longest header whose bytes are kept. */
  readonly holdBytes?: number;
}

/** Reads up to the pixel data, keeping the bytes themselves as far as `holdBytes`. @throws as readDataSet */
export async function readHeader(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
  { limits, visitor, holdBytes = 0 }: HeaderOptions = {},
): Promise<Header> {
  const { pixelData, entryLength } = location;
  const isInPlace = pixelData !== undefined && !(pixelData.kind === 'native' && pixelData.deflated === true);
  const length = isInPlace ? pixelData.offset : entryLength;
  let isAtPixelData = false;
  const parser = new Part10Reader({
    limits,
    visitor,
    onPixelDataStart: () => {
      isAtPixelData = true;
    },
  });
  let held: Uint8Array[] | undefined = isInPlace && length <= holdBytes ? [] : undefined;
  for await (const chunk of readEntry(dependencies, location, reader, { offset: 0, length })) {
    parser.push(chunk);
    held?.push(chunk);
    if (isAtPixelData && !isInPlace) break;
  }
  if (pixelData === undefined) parser.end();
  if (!isInPlace) held = undefined;
  return { dataSet: parser.dataSet, held };
}
