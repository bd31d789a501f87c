/** The frames of an instance with what its data set says of them: what decoding begins with. */
import type { InstanceLocation } from '@sandyq/database';
import type { DataSet } from '@sandyq/dicom';
import { CodecError, describePixels } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import type { DescribedFrames } from './decoded-frames.ts';
import { type Header, type HeaderOptions, readDataSet, readHeader } from './read-data-set.ts';

/** By its data set as it is kept. @throws CodecError where there are no frames, or nothing describes them; as readEntry */
export async function describeFrames(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): Promise<DescribedFrames> {
  const layout = layoutOf(location);
  return describedBy(await readDataSet(dependencies, location, reader), location, layout);
}

/** By its header, read for who wants its bytes too. @throws as describeFrames */
export async function openFrames(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
  options: HeaderOptions,
): Promise<DescribedFrames & { readonly header: Header }> {
  const layout = layoutOf(location);
  const header = await readHeader(dependencies, location, reader, options);
  return { ...describedBy(header.dataSet, location, layout), header };
}

function layoutOf({ pixelData: layout }: InstanceLocation): DescribedFrames['layout'] {
  if (layout !== undefined && layout.frames > 0) return layout;
  throw new CodecError('description-mismatch', 'the instance has no frames');
}

function describedBy(
  dataSet: DataSet,
  location: InstanceLocation,
  layout: DescribedFrames['layout'],
): DescribedFrames {
  const description = describePixels(dataSet, dataSet.byteOrder ?? 'little');
  if (description !== undefined) return { location, layout, description };
  throw new CodecError('description-mismatch', 'the data set does not describe its pixels');
}
