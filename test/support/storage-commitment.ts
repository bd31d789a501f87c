/** Storage Commitment (PS3.18 §13) as a client asks for it, and its answers taken apart. */
import type { DicomJson } from '@sandyq/dicom';
import { itemsOf, textOf } from './dicomweb.ts';
import { MadeSopClasses } from './made-instances.ts';

/** An attribute of VR UI. */
export function uid(tag: string, value: string): DicomJson {
  return { [tag]: { vr: 'UI', Value: [value] } };
}

/** An item of Referenced SOP Sequence. */
export function reference(sopInstanceUid: string, sopClassUid: string = MadeSopClasses.ct): DicomJson {
  return { ...uid('00081150', sopClassUid), ...uid('00081155', sopInstanceUid) };
}

/** A request with these items in its Referenced SOP Sequence. */
export const moduleOf = (...items: DicomJson[]): DicomJson => ({ '00081199': { vr: 'SQ', Value: items } });

/** An answer. */
export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: DicomJson;
}

/** Asks the archive at `url`: POST with a body, else GET. */
export async function askCommitment(
  url: string,
  transaction: string,
  body?: DicomJson | string,
  headers: Record<string, string> = {},
): Promise<Asked> {
  const target = `${url}/dicom-web/commitment-requests/${transaction}`;
  const answer = await fetch(target, {
    headers: { 'Content-Type': 'application/dicom+json', ...headers },
    ...(body !== undefined && {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
  const text = await answer.text();
  const json = text.startsWith('{') ? (JSON.parse(text) as DicomJson) : {};
  return { status: answer.status, headers: answer.headers, text, json };
}

/** UIDs of committed instances, and failed ones with their reason. */
export function outcomeOf(json: DicomJson) {
  return {
    committed: itemsOf(json['00081199']).map((item) => textOf(item['00081155'])),
    failed: itemsOf(json['00081198']).map((item) => [textOf(item['00081155']), item['00081197']?.Value?.[0]]),
  };
}
