/** Rejections over the admin API, and rejection notes as a device composes them. */
import type { DicomJson } from '@sandyq/dicom';
import { jsonPart, writeParts } from './metadata-store.ts';

type Headers = Record<string, string>;

/** An answer of the admin API. */
export interface Decided {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

/** Asks `/admin/retention/rejections…`: POST with a body, else GET. */
export async function askRejections(
  url: string,
  headers: Headers,
  path: string,
  body?: object,
): Promise<Decided> {
  const answer = await fetch(`${url}/admin/retention/rejections${path}`, {
    headers: { ...headers, 'Content-Type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

/** What a note refers to. */
export interface NotedInstance {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** Key Object Selection Document Storage (PS3.4 Table B.5-1). */
const KEY_OBJECT_SELECTION = '1.2.840.10008.5.1.4.1.1.88.59';

/** A note (IHE RAD TF-3 §4.66) in the study of its first reference. `code`: its title, of coding scheme DCM. */
export function noteOf(
  noteUid: string,
  code: string,
  references: readonly NotedInstance[],
  patientId = 'P1',
): DicomJson {
  const [first] = references;
  return {
    '00020010': { vr: 'UI', Value: ['1.2.840.10008.1.2.1'] },
    '00080016': { vr: 'UI', Value: [KEY_OBJECT_SELECTION] },
    '00080018': { vr: 'UI', Value: [noteUid] },
    '00080060': { vr: 'CS', Value: ['KO'] },
    '00100020': { vr: 'LO', Value: [patientId] },
    '0020000D': { vr: 'UI', Value: [first?.studyInstanceUid ?? ''] },
    '0020000E': { vr: 'UI', Value: [`${noteUid}.0`] },
    '0040A043': sequence({
      '00080100': { vr: 'SH', Value: [code] },
      '00080102': { vr: 'SH', Value: ['DCM'] },
      '00080104': { vr: 'LO', Value: ['title'] },
    }),
    '0040A375': sequence(...references.map(evidence)),
  };
}

function evidence({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: NotedInstance): DicomJson {
  return {
    '00081115': sequence({
      '00081199': sequence({
        '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
        '00081155': { vr: 'UI', Value: [sopInstanceUid] },
      }),
      '0020000E': { vr: 'UI', Value: [seriesInstanceUid] },
    }),
    '0020000D': { vr: 'UI', Value: [studyInstanceUid] },
  };
}

function sequence(...items: DicomJson[]): DicomJson[string] {
  return { vr: 'SQ', Value: items };
}

/** Stores a data set without bulk data; returns the status. */
export async function storeDataSet(url: string, dataSet: DicomJson, headers: Headers): Promise<number> {
  const { contentType, body } = writeParts([jsonPart([dataSet])]);
  const answer = await fetch(`${url}/dicom-web/studies`, {
    method: 'POST',
    headers: { Accept: 'application/dicom+json', 'Content-Type': contentType, ...headers },
    body: new Uint8Array(body),
  });
  await answer.body?.cancel();
  return answer.status;
}
