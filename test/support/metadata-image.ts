/** Metadata of made images, for Store requests of metadata and bulk data. */
import type { DicomJson } from '@sandyq/dicom';

/** UIDs of a study, series and instance of tests. */
export function metadataIds(study: number, instance = 1, series = 1) {
  const studyInstanceUid = `2.25.7.${study}`;
  return {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.${series}`,
    sopInstanceUid: `${studyInstanceUid}.${series}.${instance}`,
  };
}

/** Metadata of a small image whose pixels are elsewhere, at `pixels`. */
export function imageMetadata(identity: ReturnType<typeof metadataIds>, more: DicomJson = {}): DicomJson {
  return {
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
    '00080018': { vr: 'UI', Value: [identity.sopInstanceUid] },
    '00100020': { vr: 'LO', Value: ['P7'] },
    '0020000D': { vr: 'UI', Value: [identity.studyInstanceUid] },
    '0020000E': { vr: 'UI', Value: [identity.seriesInstanceUid] },
    '00280002': { vr: 'US', Value: [1] },
    '00280004': { vr: 'CS', Value: ['MONOCHROME2'] },
    '00280010': { vr: 'US', Value: [16] },
    '00280011': { vr: 'US', Value: [16] },
    '00280100': { vr: 'US', Value: [16] },
    '7FE00010': { vr: 'OW', BulkDataURI: 'pixels' },
    ...more,
  };
}
