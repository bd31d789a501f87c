/** An instance that the archive holds, sent to it again as metadata and bulk data, under UIDs of its own. */
import type { DicomJson } from '@sandyq/dicom';
import { get, getJson, getParts, itemsOf } from './dicomweb.ts';
import { bulkPart, type RequestPart } from './metadata-store.ts';
import { decodeMultipart } from './multipart.ts';

/** UIDs of a copy. */
export interface CopyUids {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** The parts of an instance as it is retrieved. */
export interface RetrievedParts {
  readonly json: DicomJson;
  readonly xml: string;
  /** Each BulkDataURI with its parts; compressed pixel data have one a frame. */
  readonly bulk: readonly RequestPart[];
}

/** Retrieves metadata in both models, and every bulk value in the encoding that is stored. */
export async function retrieveParts(instanceUrl: string): Promise<RetrievedParts> {
  const [document] = await getParts(
    `${instanceUrl}/metadata`,
    'multipart/related; type="application/dicom+xml"',
  );
  if (document === undefined) throw new Error(`${instanceUrl} has no metadata`);
  return { ...(await retrieveJsonParts(instanceUrl)), xml: document.body.toString('utf8') };
}

/** The same without XML. */
export async function retrieveJsonParts(instanceUrl: string): Promise<Omit<RetrievedParts, 'xml'>> {
  const [json] = await getJson<DicomJson[]>(`${instanceUrl}/metadata`);
  if (json === undefined) throw new Error(`${instanceUrl} has no metadata`);
  const bulk: RequestPart[] = [];
  for (const uri of bulkUrisOf(json)) bulk.push(...(await bulkOf(uri)));
  return { json, bulk };
}

/** Every BulkDataURI, at any level. */
export function bulkUrisOf(json: DicomJson): string[] {
  return Object.values(json).flatMap((attribute) => [
    ...(attribute.BulkDataURI === undefined ? [] : [attribute.BulkDataURI]),
    ...(attribute.vr === 'SQ' ? itemsOf(attribute).flatMap(bulkUrisOf) : []),
  ]);
}

/** The same data set under other UIDs. */
export function withUids(json: DicomJson, uids: CopyUids): DicomJson {
  const uid = (value: string) => ({ vr: 'UI' as const, Value: [value] });
  return {
    ...json,
    '00080018': uid(uids.sopInstanceUid),
    '0020000D': uid(uids.studyInstanceUid),
    '0020000E': uid(uids.seriesInstanceUid),
  };
}

/** The same document under other UIDs. */
export function xmlWithUids(xml: string, uids: CopyUids): string {
  const replaced = Object.entries({
    '00080018': uids.sopInstanceUid,
    '0020000D': uids.studyInstanceUid,
    '0020000E': uids.seriesInstanceUid,
  });
  return replaced.reduce((text, [tag, uid]) => {
    const from = text.lastIndexOf(`<DicomAttribute tag="${tag}"`);
    const at = topLevelAttribute(text, tag);
    const start = at >= 0 ? at : from;
    const end = text.indexOf('</Value>', start);
    return `${text.slice(0, text.lastIndexOf('>', end) + 1)}${uid}${text.slice(end)}`;
  }, xml);
}

/** Index of the attribute that is not in an item. */
function topLevelAttribute(xml: string, tag: string): number {
  let depth = 0;
  for (const { 0: found, index } of xml.matchAll(
    /<Item [^>]*[^/]>|<\/Item>|<DicomAttribute tag="[0-9A-F]{8}"/g,
  )) {
    if (found === '</Item>') depth -= 1;
    else if (found.startsWith('<Item')) depth += 1;
    else if (depth === 0 && found.includes(tag)) return index;
  }
  return -1;
}

async function bulkOf(uri: string): Promise<RequestPart[]> {
  const { status, headers, body } = await get(uri, {
    Accept: 'multipart/related; type="*/*"; transfer-syntax=*',
  });
  if (status !== 200) throw new Error(`${status} for ${uri}: ${body.toString('utf8', 0, 300)}`);
  return decodeMultipart(headers.get('content-type') ?? '', body).map((part) =>
    bulkPart(uri, part.body, part.headers.get('content-type')),
  );
}
