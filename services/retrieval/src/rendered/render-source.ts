/** An instance whose frames are shown: where they are, what they mean, and what its data set says about it. */
import type { InstanceLocation } from '@sandyq/database';
import { type ByteOrder, type DataSet, transferSyntaxOf } from '@sandyq/dicom';
import { DicomwebError } from '@sandyq/dicomweb';
import { describePixels } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import type { DescribedFrames } from '../transcoding/decoded-frames.ts';
import { readDataSet } from '../transcoding/read-data-set.ts';

/** An instance with frames. */
export interface RenderSource extends DescribedFrames {
  readonly dataSet: DataSet;
  readonly byteOrder: ByteOrder;
}

/** Reads what is needed to show the frames. Throws DicomwebError not-acceptable for what has no frames. */
export async function openSource(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): Promise<RenderSource> {
  const { pixelData: layout } = location;
  if (layout === undefined || layout.frames < 1) throw notAPicture(location);
  const dataSet = await readDataSet(dependencies, location, reader);
  const byteOrder = byteOrderOf(location);
  const description = describePixels(dataSet, byteOrder);
  if (description === undefined) throw notAPicture(location);
  return { location, layout, description, dataSet, byteOrder };
}

/** Of the numbers in the data set. */
export function byteOrderOf({ transferSyntaxUid }: Pick<InstanceLocation, 'transferSyntaxUid'>): ByteOrder {
  return transferSyntaxOf(transferSyntaxUid)?.byteOrder ?? 'little';
}

/** The 406 of instances that there is no picture of. */
export function notAPicture({ sopClassUid }: Pick<InstanceLocation, 'sopClassUid'>): DicomwebError {
  return new DicomwebError(
    'not-acceptable',
    `Instances of SOP class ${sopClassUid} without pixel data have no rendered form here; accept application/dicom`,
  );
}
