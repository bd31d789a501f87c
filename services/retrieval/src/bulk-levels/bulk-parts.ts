/** All bulk data of instances as parts, each under the URI that the metadata name it by (PS3.18 §10.4.3.3.5, §10.4.3.3.6). */
import { type InstanceLocation, type ListedInstance, locateInstances } from '@sandyq/database';
import type { DicomJson, PixelDataLayout } from '@sandyq/dicom';
import {
  type Accept,
  bulkDataUrl,
  contentTypeOf,
  type MultipartWriter,
  negotiate,
  type PartHeaderFields,
  type Representation,
  type RetrieveOffer,
} from '@sandyq/dicomweb';
import type { RequestContext } from '@sandyq/http';
import { noBulkData } from '../answer-value.ts';
import { isPixelDataPath } from '../bulk-value.ts';
import type { RetrievalDependencies } from '../dependencies.ts';
import { needsCodec } from '../dicom-content.ts';
import { takenOut } from '../find-instances.ts';
import { readPieces } from '../metadata-pieces.ts';
import { pagesOf } from '../pages.ts';
import { isOneValue, pixelOffers } from '../pixel-offers.ts';
import { decodedValue } from '../transcoding/decoded-value.ts';
import type { LeftOut } from '../transcoding/left-out.ts';
import { offeredFrames } from '../transcoding/offered-frames.ts';
import { nativePixelData, type ValueSource, valueAt } from '../value-source.ts';
import { bulkPathsOf } from './bulk-paths.ts';

/** What is to be sent. */
export interface BulkSelection {
  readonly studyKey: number;
  readonly studyInstanceUid: string;
  readonly instances: readonly ListedInstance[];
  /** Instances whose pixel data can't be sent as asked. */
  readonly withoutPixels: ReadonlySet<string>;
  /** How other values are sent; undefined: not at all. */
  readonly values: Representation | undefined;
  readonly accept: Accept;
}

/** How it is written. */
export interface BulkWriting {
  readonly writer: MultipartWriter;
  /** Instances whose pixels turn out not to be convertible, by SOP Instance UID. */
  readonly leftOut: LeftOut<string>;
}

type Part = readonly [head: PartHeaderFields, bytes: Bytes];
type Bytes = AsyncIterable<Uint8Array>;

/** The body. Throws HttpError not-found before its first byte if the instances have no bulk data, or the fault that left out the last. */
export async function* bulkBody(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  selection: BulkSelection,
  { writer, leftOut }: BulkWriting,
): AsyncGenerator<Uint8Array> {
  let isEmpty = true;
  for await (const [uid, pieces] of instanceParts(dependencies, context, selection)) {
    for await (const piece of leftOut.guard(uid, written(writer, pieces))) {
      isEmpty = false;
      yield piece;
    }
  }
  if (isEmpty) throw leftOut.firstFault ?? noBulkData();
  yield writer.closing;
}

/** The head of a part leaves with its first bytes: a part that fails before leaves nothing behind. */
async function* written(writer: MultipartWriter, parts: AsyncIterable<Part>): AsyncGenerator<Uint8Array> {
  for await (const [head, bytes] of parts) {
    let hasBegun = false;
    for await (const piece of bytes) {
      if (!hasBegun) yield writer.partHeader(head);
      hasBegun = true;
      yield piece;
    }
  }
}

/** Values of one instance together, and its pixel data apart, so that these can be left out alone. */
async function* instanceParts(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  selection: BulkSelection,
): AsyncGenerator<readonly [uid: string, parts: AsyncGenerator<Part>]> {
  const { studyKey, instances } = selection;
  const weightOf = (one: ListedInstance) => one.metadataBytes + one.crcTableBytes;
  for (const page of pagesOf(instances, weightOf)) {
    const uids = page.map(({ sopInstanceUid }) => sopInstanceUid);
    const located = await locateInstances(dependencies.database, studyKey, uids);
    const byUid = new Map(located.map((location) => [location.sopInstanceUid, location]));
    for await (const [{ sopInstanceUid: uid }, json] of readPieces(dependencies, studyKey, page, context)) {
      const location = byUid.get(uid);
      if (json === undefined || location === undefined) throw takenOut();
      const paths = [...bulkPathsOf(JSON.parse(json.toString()) as DicomJson)];
      const source = { location, selection, context };
      const values = paths.filter((path) => !isPixelDataPath(path));
      if (selection.values !== undefined) yield [uid, valueParts(dependencies, source, values)];
      const [pixels] = paths.filter(isPixelDataPath);
      if (pixels === undefined || selection.withoutPixels.has(uid)) continue;
      yield [uid, pixelParts(dependencies, source, pixels)];
    }
  }
}

interface Source {
  readonly location: InstanceLocation;
  readonly selection: BulkSelection;
  readonly context: RequestContext;
}

async function* valueParts(
  dependencies: RetrievalDependencies,
  source: Source,
  paths: readonly string[],
): AsyncGenerator<Part> {
  const { location, selection, context } = source;
  for (const path of paths) {
    const value = valueAt(dependencies, location, path, context);
    if (value === undefined || selection.values === undefined) continue;
    yield [{ ...headOf(source, path, selection.values), ...lengthOf(value) }, opened(value)];
  }
}

async function* pixelParts(
  dependencies: RetrievalDependencies,
  source: Source,
  path: string,
): AsyncGenerator<Part> {
  const { location, selection, context } = source;
  const { pixelData: layout } = location;
  if (layout === undefined || layout.length === 0) return;
  const offer = negotiate(selection.accept, pixelOffers(location, { layout, fitsOnePart: () => false }));
  if (offer === undefined) return;
  const head = headOf(source, path, offer);
  if (isOneValue(layout, offer)) {
    const isStored = layout.kind === 'native' && !needsCodec(offer);
    const value = isStored
      ? nativePixelData(dependencies, location, { layout, path }, context)
      : decodedValue(dependencies, location, context);
    yield [{ ...head, ...lengthOf(value) }, opened(value)];
    return;
  }
  for await (const bytes of frameBodiesOf(dependencies, source, { layout, offer })) yield [head, bytes];
}

/** One body a frame; each is to be read before the next is asked for. */
async function* frameBodiesOf(
  dependencies: RetrievalDependencies,
  { location, context }: Source,
  { layout, offer }: { readonly layout: PixelDataLayout; readonly offer: RetrieveOffer },
): AsyncGenerator<Bytes> {
  const indexes = Array.from({ length: layout.frames }, (_, index) => index);
  const frames = offeredFrames(dependencies, { location, layout }, indexes, { offer, reader: context });
  let next = await frames.next();
  async function* one(): AsyncGenerator<Uint8Array> {
    do {
      if (next.done === true) return;
      yield next.value.bytes;
      next = await frames.next();
    } while (next.done !== true && !next.value.isFirst);
  }
  try {
    while (next.done !== true) yield one();
  } finally {
    await frames.return(undefined);
  }
}

/** Header field of a part whose length is known beforehand (Table 8.6.1-1). */
function lengthOf(value: ValueSource): { readonly contentLength?: number } {
  return value.kind === 'in-place' ? { contentLength: value.length } : {};
}

function opened(value: ValueSource): Bytes {
  return value.kind === 'in-place' ? value.open({ offset: 0, length: value.length }) : value.open();
}

function headOf(
  { location: { seriesInstanceUid, sopInstanceUid }, selection: { studyInstanceUid }, context }: Source,
  path: string,
  representation: Representation,
): PartHeaderFields {
  const instance = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
  return {
    contentType: contentTypeOf(representation),
    contentLocation: bulkDataUrl(`${context.baseUrl}/dicom-web`, instance, path),
  };
}
