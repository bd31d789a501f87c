/** Instances as application/dicom: what can be offered of a stored one, and its bytes in the representation chosen. */
import type { InstanceLocation, PixelFacts } from '@sandyq/database';
import {
  hasFileMeta,
  Part10Reader,
  rewriteFileMeta,
  Tags,
  TransferSyntaxes,
  toExplicitLittleEndian,
  transferSyntaxOf,
  uidOf,
  withFileMeta,
} from '@sandyq/dicom';
import { dicomOffers, type RetrieveOffer } from '@sandyq/dicomweb';
import type { BegunSource } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { type Reader, readEntry } from './read-entry.ts';
import { codecAbilities } from './transcoding/codec-abilities.ts';
import { transcodedInstance } from './transcoding/transcoded-instance.ts';

/** What decides how an instance can be sent. */
export interface StoredInstance {
  readonly transferSyntaxUid: string;
  readonly hasPixelData: boolean;
  readonly pixels: PixelFacts;
}

/** The representations of a stored instance; none for a transfer syntax that nobody knows. */
export function offersOf(
  { transferSyntaxUid, hasPixelData, pixels }: StoredInstance,
  multipart: boolean,
): RetrieveOffer[] {
  const transferSyntax = transferSyntaxOf(transferSyntaxUid);
  if (transferSyntax === undefined) return [];
  return dicomOffers({ transferSyntax, hasPixelData, ...pixels }, multipart, codecAbilities);
}

/** Whether pixels must be decoded or encoded for it. */
export function needsCodec({ conversion }: Pick<RetrieveOffer, 'conversion'>): boolean {
  return conversion === 'decode' || conversion === 'encode-lossless';
}

/**
 * The instance as a Part 10 file in the representation chosen; bounded memory, whatever its size.
 * @throws as readEntry does; CodecError where its pixels can't be converted, before the first byte if it can be known then
 */
export function openDicom(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  offer: Pick<RetrieveOffer, 'conversion' | 'transferSyntax'>,
  reader: Reader,
): AsyncIterable<Uint8Array> {
  const received = () => readEntry(dependencies, location, reader);
  const { conversion, transferSyntax } = offer;
  switch (conversion) {
    case 'none':
      return withFileMeta(received());
    case 'to-explicit-little-endian':
      return isLabelledCompressed(location) ? relabelled(received()) : toExplicitLittleEndian(received());
    case 'decode':
    case 'encode-lossless': {
      const target = transferSyntaxOf(transferSyntax) ?? TransferSyntaxes.ExplicitVRLittleEndian;
      return transcodedInstance(dependencies, location, target, reader);
    }
    default:
      return conversion satisfies never;
  }
}

/** How long it is in this representation, if that is known before it is read: begun in whole, or sent exactly as it was received. */
export function lengthOf(
  begun: BegunSource,
  { entryLength }: InstanceLocation,
  { conversion }: Pick<RetrieveOffer, 'conversion'>,
): number | undefined {
  if (begun.length !== undefined) return begun.length;
  const isAsReceived = conversion === 'none' && begun.first !== undefined && hasFileMeta(begun.first);
  return isAsReceived ? entryLength : undefined;
}

/** Without pixel data a compressed syntax is Explicit VR Little Endian under another name (PS3.5 §A.4). */
function isLabelledCompressed({ transferSyntaxUid }: InstanceLocation): boolean {
  return transferSyntaxOf(transferSyntaxUid)?.encapsulated === true;
}

/** The same data set with a file meta information that says Explicit VR Little Endian. */
async function* relabelled(received: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new Part10Reader();
  let held: Uint8Array[] | undefined = [];
  for await (const chunk of received) {
    if (held === undefined) {
      yield chunk;
      continue;
    }
    held.push(chunk);
    reader.push(chunk);
    if (reader.identification === undefined) continue;
    yield* withNewMeta(reader, held);
    held = undefined;
  }
  if (held !== undefined) {
    reader.end();
    yield* withNewMeta(reader, held);
  }
}

function* withNewMeta(reader: Part10Reader, held: readonly Uint8Array[]): Generator<Uint8Array> {
  yield rewriteFileMeta(reader.start?.meta, {
    sopClassUid: uidOf(reader.dataSet, Tags.SOPClassUID),
    sopInstanceUid: uidOf(reader.dataSet, Tags.SOPInstanceUID),
    transferSyntaxUid: TransferSyntaxes.ExplicitVRLittleEndian.uid,
  });
  yield Buffer.concat(held).subarray(reader.start?.dataSetOffset ?? 0);
}
