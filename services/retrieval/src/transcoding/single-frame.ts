/** One frame of an instance: what viewers ask for most. Decoded ones are kept for a while, whatever is made of them then. */
import { type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { CodecError, type DecodedFrame } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import { frameBodies } from '../frame-bodies.ts';
import type { Reader } from '../read-entry.ts';
import { type DescribedFrames, decoder, largestFrame } from './decoded-frames.ts';
import { wholeFrames } from './whole-frames.ts';

/**
 * What `use` makes of the frame with this index (from 0), as plain samples, which it may not change. The memory of the frame
 * is reserved as long as it is used.
 * @throws what `use` throws; as decodedFrames
 */
export async function withDecodedFrame<Result>(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndex: number,
  { reader, use }: { readonly reader: Reader; readonly use: (frame: DecodedFrame) => Promise<Result> },
): Promise<Result> {
  const { signal } = reader;
  const release = await dependencies.frameMemory.reserve(largestFrame(source, [frameIndex]), signal);
  try {
    return await use(await decodedFrame(dependencies, source, frameIndex, reader));
  } finally {
    release();
  }
}

/**
 * The bytes of the frame in one of `encodableSyntaxes`, as plain samples for Explicit VR Little Endian; encoded ones are kept for
 * those who ask again. A fault is noted: the instance as a whole can't be had so.
 * @throws as decodedFrames
 */
export async function frameInSyntax(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndex: number,
  { reader, target }: { readonly reader: Reader; readonly target: TransferSyntax },
): Promise<Uint8Array> {
  try {
    if (target.uid !== TransferSyntaxes.ExplicitVRLittleEndian.uid) {
      return await encodedFrame(dependencies, source, frameIndex, { reader, target });
    }
    const use = async ({ samples }: DecodedFrame) => samples;
    return await withDecodedFrame(dependencies, source, frameIndex, { reader, use });
  } catch (error) {
    if (error instanceof CodecError) dependencies.knownFaults.note(source.location.sha256, target.uid, error);
    throw error;
  }
}

function encodedFrame(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndex: number,
  { reader: { signal, logger }, target }: { readonly reader: Reader; readonly target: TransferSyntax },
): Promise<Buffer> {
  const { caches, codecs } = dependencies;
  const key = `${target.uid} ${keyOf(source, frameIndex)}`;
  return caches.pictures.get(key, signal, (shared) =>
    withDecodedFrame(dependencies, source, frameIndex, {
      reader: { signal: shared, logger },
      use: async (frame) => {
        const { bytes } = await codecs.encodeFrame(frame, target, { signal: shared });
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      },
    }),
  );
}

/** Native frames are as quickly read as they are found. */
function decodedFrame(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndex: number,
  reader: Reader,
): Promise<DecodedFrame> {
  if (source.layout.kind === 'native') return readAndDecode(dependencies, source, frameIndex, reader);
  const { signal, logger } = reader;
  return dependencies.caches.decodedFrames.get(keyOf(source, frameIndex), signal, (shared) =>
    readAndDecode(dependencies, source, frameIndex, { signal: shared, logger }),
  );
}

async function readAndDecode(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndex: number,
  reader: Reader,
): Promise<DecodedFrame> {
  const decode = decoder(dependencies, source, reader.signal);
  for await (const bytes of wholeFrames(frameBodies(dependencies, source, [frameIndex], reader))) {
    return decode(bytes);
  }
  throw new TypeError('the frame has no bytes');
}

function keyOf({ location: { sha256 } }: DescribedFrames, frameIndex: number): string {
  return `${sha256.toString('base64')} ${frameIndex}`;
}
