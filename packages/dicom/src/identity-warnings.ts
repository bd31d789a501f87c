/** What is odd, but no fault, about the UIDs of a file that was read. */
import type { DataSet } from './data-set.ts';
import { type Tag, Tags } from './tag.ts';
import { isWellFormedUid } from './uid.ts';
import { uidOf } from './values.ts';

const identifying: readonly Tag[] = [
  Tags.SOPClassUID,
  Tags.SOPInstanceUID,
  Tags.StudyInstanceUID,
  Tags.SeriesInstanceUID,
];

/** Sentences without values; the data set counts where the file meta information (PS3.10 §7.1) says otherwise. */
export function identityWarnings(dataSet: DataSet, meta: DataSet | undefined): readonly string[] {
  const warnings: string[] = [];
  const uids = identifying.map((tag) => uidOf(dataSet, tag));
  if (uids.some((uid) => uid !== undefined && !isWellFormedUid(uid))) {
    warnings.push('An identifying UID is not well formed (PS3.5 §9.1).');
  }
  if (meta === undefined) return warnings;
  const [sopClassUid, sopInstanceUid] = uids;
  const differs =
    areDifferent(uidOf(meta, Tags.MediaStorageSOPClassUID), sopClassUid) ||
    areDifferent(uidOf(meta, Tags.MediaStorageSOPInstanceUID), sopInstanceUid);
  if (differs) warnings.push('The file meta information names another instance than the data set.');
  return warnings;
}

/** Both there and not the same. */
function areDifferent(inMeta: string | undefined, inDataSet: string | undefined): boolean {
  return inMeta !== undefined && inDataSet !== undefined && inMeta !== inDataSet;
}
