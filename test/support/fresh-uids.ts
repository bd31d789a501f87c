/**
 * Gives a Part 10 file a study, series and SOP instance of its own, in place: the new UIDs have as many bytes as the old ones, so
 * that nothing else of the file changes, awkward as it may be. So each file of the corpus can be stored as if it were alone.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type DataSet, type Part10File, readPart10, type Tag, Tags, tagToHex } from '@sandyq/dicom';

/** Why a file cannot be given new UIDs. */
export class UidsNotReplaceableError extends Error {
  override readonly name = 'UidsNotReplaceableError';
}

/** A file under new UIDs. */
export interface FreshFile {
  readonly bytes: Buffer;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** `2.` and so many digits at least: fewer would not be enough UIDs for a test run. */
const SHORTEST_UID = 7;

/** New UIDs, one after the other, no two equal. */
export class FreshUids {
  #last = 0;

  /** A well-formed UID of this length. Throws UidsNotReplaceableError for one so short that it would soon repeat. */
  next(length: number): string {
    if (length < SHORTEST_UID)
      throw new UidsNotReplaceableError(`a UID of ${length} characters is too short`);
    this.#last += 1;
    return `2.1${String(this.#last).padStart(length - 3, '0')}`;
  }
}

/** The file under new UIDs. Throws DicomError for what the reader refuses, UidsNotReplaceableError. */
export function withFreshUids(bytes: Uint8Array, uids: FreshUids): FreshFile {
  const file = readPart10(bytes);
  const patched = Buffer.from(bytes);
  const head = patched.subarray(0, file.dataSetOffset);
  const dataSet = file.deflated ? inflateRawSync(patched.subarray(file.dataSetOffset)) : patched;
  const studyInstanceUid = replace(dataSet, file.dataSet, Tags.StudyInstanceUID, uids);
  const seriesInstanceUid = replace(dataSet, file.dataSet, Tags.SeriesInstanceUID, uids);
  const sopInstanceUid = replace(dataSet, file.dataSet, Tags.SOPInstanceUID, uids);
  replaceInMeta(head, file, sopInstanceUid);
  const fresh = file.deflated ? Buffer.concat([head, deflateRawSync(dataSet)]) : patched;
  return { bytes: fresh, studyInstanceUid, seriesInstanceUid, sopInstanceUid };
}

function replace(bytes: Buffer, { elements }: DataSet, tag: Tag, uids: FreshUids): string {
  const element = elements.get(tag);
  if (element?.value === undefined) throw new UidsNotReplaceableError(`${tagToHex(tag)} is not there`);
  const { length } = unpadded(element.value);
  const uid = uids.next(length);
  bytes.write(uid, element.offset, 'latin1');
  return uid;
}

/** Media Storage SOP Instance UID, where it agrees with the data set: one that differs differs afterwards too. */
function replaceInMeta(head: Buffer, { meta, dataSet }: Part10File, sopInstanceUid: string): void {
  const inMeta = meta?.elements.get(Tags.MediaStorageSOPInstanceUID);
  const inDataSet = dataSet.elements.get(Tags.SOPInstanceUID);
  if (inMeta?.value === undefined || inDataSet?.value === undefined) return;
  if (unpadded(inMeta.value) === unpadded(inDataSet.value))
    head.write(sopInstanceUid, inMeta.offset, 'latin1');
}

/** UIDs are padded with NUL (PS3.5 §9.1), by some writers with spaces. */
function unpadded(value: Uint8Array): string {
  return Buffer.from(value)
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
}
