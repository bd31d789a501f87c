/** Which bulk data the metadata of an instance name: the paths behind their BulkDataURIs (PS3.18 §F.2.6). */
import type { DicomJson } from '@sandyq/dicom';

/** As stored metadata write it, relative to the instance. */
const PREFIX = 'bulkdata/';

/** Paths of all values that stand elsewhere, also inside sequences, in the order of the data set: `00420011`, `54000100/1/54001010`. */
export function* bulkPathsOf(dataSet: DicomJson): Generator<string> {
  for (const tag of Object.keys(dataSet).sort()) {
    const { vr, BulkDataURI: uri, Value: values = [] } = dataSet[tag] ?? {};
    if (uri?.startsWith(PREFIX) === true) yield uri.slice(PREFIX.length);
    if (vr !== 'SQ') continue;
    for (const item of values) yield* bulkPathsOf(item as DicomJson);
  }
}
