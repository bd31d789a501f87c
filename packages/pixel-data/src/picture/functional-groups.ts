/** Functional groups of enhanced multi-frame images (PS3.3 C.7.6.16): what holds for one frame. */
import { type DataSet, itemsOf, type Tag, Tags } from '@sandyq/dicom';

/** The item of a functional group macro that holds for the frame (from 0): its own, else the shared one. */
export function functionalGroup(dataSet: DataSet, frameIndex: number, macro: Tag): DataSet | undefined {
  const own = itemsOf(dataSet, Tags.PerFrameFunctionalGroupsSequence)?.[frameIndex];
  const shared = itemsOf(dataSet, Tags.SharedFunctionalGroupsSequence)?.[0];
  return firstItem(own, macro) ?? firstItem(shared, macro);
}

/** Where attributes of a frame are looked for: in the functional group, then in the data set itself. */
export function placesOf(dataSet: DataSet, frameIndex: number, macro: Tag): readonly DataSet[] {
  const group = functionalGroup(dataSet, frameIndex, macro);
  return group === undefined ? [dataSet] : [group, dataSet];
}

function firstItem(group: DataSet | undefined, macro: Tag): DataSet | undefined {
  return group && itemsOf(group, macro)?.[0];
}
