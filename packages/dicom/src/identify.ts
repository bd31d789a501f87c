/** Which instance a file is: the four UIDs every storable instance has (PS3.4 §B.2, PS3.3 C.12.1, C.7.2.1, C.7.3.1). */
import type { DataSet } from './data-set.ts';
import { DicomError } from './errors.ts';
import { type Tag, Tags } from './tag.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { isUsableUid } from './uid.ts';
import { readStrings } from './values.ts';

/** Taken from the data set; the file meta information may differ and does not count. */
export interface Identification {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntax: TransferSyntax;
}

const identifying = [
  ['SOP Class UID', Tags.SOPClassUID],
  ['SOP Instance UID', Tags.SOPInstanceUID],
  ['Study Instance UID', Tags.StudyInstanceUID],
  ['Series Instance UID', Tags.SeriesInstanceUID],
] as const;

/** DicomError 'missing-uid' or 'invalid-uid' naming every UID concerned, 'media-directory' for a DICOMDIR. */
export function identify(file: { dataSet: DataSet; transferSyntax: TransferSyntax }): Identification {
  const { dataSet, transferSyntax } = file;
  const identification = identificationOf(dataSet, transferSyntax);
  if (identification !== undefined) return identification;
  if (dataSet.elements.has(Tags.DirectoryRecordSequence)) {
    throw new DicomError('media-directory', 'This is a DICOMDIR; send the instances it lists instead');
  }
  const missing: string[] = [];
  const faulty: string[] = [];
  for (const [name, tag] of identifying) {
    const { state } = readStrings(dataSet, tag);
    if (state === 'absent' || state === 'empty') missing.push(name);
    else if (usableUid(dataSet, tag) === undefined) faulty.push(name);
  }
  if (missing.length > 0) {
    throw new DicomError('missing-uid', `The data set has no ${missing.join(', no ')}`);
  }
  throw new DicomError(
    'invalid-uid',
    `Not one UID (at most 64 digits and dots) is the ${faulty.join(', the ')} of the data set`,
  );
}

/** The same without errors: undefined while, or if, a UID is missing or cannot be used. */
export function identificationOf(
  dataSet: DataSet,
  transferSyntax: TransferSyntax,
): Identification | undefined {
  const sopClassUid = usableUid(dataSet, Tags.SOPClassUID);
  const sopInstanceUid = usableUid(dataSet, Tags.SOPInstanceUID);
  const studyInstanceUid = usableUid(dataSet, Tags.StudyInstanceUID);
  const seriesInstanceUid = usableUid(dataSet, Tags.SeriesInstanceUID);
  if (
    sopClassUid === undefined ||
    sopInstanceUid === undefined ||
    studyInstanceUid === undefined ||
    seriesInstanceUid === undefined
  ) {
    return undefined;
  }
  return { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, transferSyntax };
}

function usableUid(dataSet: DataSet, tag: Tag): string | undefined {
  const reading = readStrings(dataSet, tag);
  if (reading.state !== 'values' || reading.values.length !== 1) return undefined;
  const [uid] = reading.values;
  return uid !== undefined && isUsableUid(uid) ? uid : undefined;
}
