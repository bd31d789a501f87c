/** The frames of an instance with what its data set says of them: what decoding begins with. */
import type { InstanceLocation } from '@sandyq/database';
import { CodecError, describePixels } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import type { DescribedFrames } from './decoded-frames.ts';
import { type Header, type HeaderOptions, readHeader } from './read-data-set.ts';

/** Reads the header of the instance. @throws CodecError where there are no frames, or nothing describes them; as readEntry */
export async function describeFrames(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
  options: HeaderOptions = {},
): Promise<DescribedFrames & { readonly header: Header }> {
  const { pixelData: layout } = location;
  if (layout === undefined || layout.frames === 0) {
    throw new CodecError('description-mismatch', 'the instance has no frames');
  }
  const header = await readHeader(dependencies, location, reader, options);
  const { dataSet } = header;
  const description = describePixels(dataSet, dataSet.byteOrder ?? 'little');
  if (description === undefined) {
    throw new CodecError('description-mismatch', 'the data set does not describe its pixels');
  }
  return { location, layout, description, header };
}
