/** The ICC Profile of an instance (PS3.3 C.11.15), of its first optical path in whole slide images (C.8.12.5). */
import { type DataSet, itemsOf, Tags } from '@sandyq/dicom';

/** Its bytes; undefined where there is none. */
export function iccProfileOf(dataSet: DataSet): Uint8Array | undefined {
  const opticalPath = itemsOf(dataSet, Tags.OpticalPathSequence)?.[0];
  return (dataSet.elements.get(Tags.ICCProfile) ?? opticalPath?.elements.get(Tags.ICCProfile))?.value;
}
