/** DICOMweb requests as tests make them: plain fetch, answers taken apart. */
import type { DicomJson, DicomJsonAttribute, DicomJsonPersonName } from '@sandyq/dicom';
import { failureReasons, warningReasons } from '@sandyq/dicomweb';
import { decodeMultipart, encodeMultipart, type MultipartPart } from './multipart.ts';

/** What the archive said of one stored part. */
export interface StoreVerdict {
  readonly kind: 'stored' | 'failed';
  /** Name of the warning or failure reason, as packages/dicomweb lists them; undefined for plain success. */
  readonly reason: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly retrieveUrl: string | undefined;
}

/** An answer to a Store request. */
export interface StoreAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Verdicts of parts whose SOP Instance UID is known, then the others: the answer does not keep the order of the parts. */
  readonly verdicts: readonly StoreVerdict[];
}

/** Stores instances in one multipart/related request. */
export async function storeMany(
  url: string,
  instances: readonly Uint8Array[],
  headers: Record<string, string> = {},
): Promise<StoreAnswer> {
  const { contentType, body } = encodeMultipart(instances);
  return store(url, body, { 'Content-Type': contentType, ...headers });
}

/** Stores instances of which each must be stored without a warning; throws otherwise. */
export async function storeAll(
  url: string,
  instances: readonly Uint8Array[],
  headers: Record<string, string> = {},
): Promise<void> {
  const { status, verdicts } = await storeMany(url, instances, headers);
  const unexpected = verdicts.find(({ kind, reason }) => kind !== 'stored' || reason !== undefined);
  if (verdicts.length === instances.length && unexpected === undefined) return;
  throw new Error(
    `${verdicts.length} of ${instances.length} verdicts, status ${status}, ${unexpected?.reason}`,
  );
}

/** Stores one instance, by default as multipart/related; `single` sends application/dicom. Throws unless there is one verdict. */
export async function storeOne(
  url: string,
  instance: Uint8Array,
  options: { readonly single?: boolean; readonly headers?: Record<string, string> } = {},
): Promise<StoreVerdict & { readonly status: number }> {
  const { single = false, headers = {} } = options;
  const { status, verdicts } = single
    ? await store(url, instance, { 'Content-Type': 'application/dicom', ...headers })
    : await storeMany(url, [instance], headers);
  const [verdict] = verdicts;
  if (verdict === undefined || verdicts.length > 1) {
    throw new Error(`one verdict expected, not ${verdicts.length}, with status ${status}`);
  }
  return { status, ...verdict };
}

/** Stores one instance and returns its Retrieve URL. Throws unless it is plain success. */
export async function mustStore(
  url: string,
  instance: Uint8Array,
  headers: Record<string, string> = {},
): Promise<string> {
  const { status, kind, reason, retrieveUrl } = await storeOne(url, instance, { headers });
  if (status === 200 && kind === 'stored' && retrieveUrl !== undefined) return retrieveUrl;
  throw new Error(`storing answered ${status}: ${kind} ${reason}`);
}

/** Stores a body as it is; `headers` say what it is. */
export async function store(
  url: string,
  body: Uint8Array,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<StoreAnswer> {
  const answer = await fetch(`${url}/dicom-web/studies`, {
    method: 'POST',
    headers: { Accept: 'application/dicom+json', ...headers },
    body: new Uint8Array(body),
    ...(signal && { signal }),
  });
  const { status } = answer;
  const retryAfter = answer.headers.get('retry-after');
  if (answer.headers.get('content-type') !== 'application/dicom+json') {
    return { status, retryAfter, verdicts: await discarded(answer) };
  }
  const json = (await answer.json()) as DicomJson;
  return {
    status,
    retryAfter,
    verdicts: [
      ...itemsOf(json['00081198']).map((item) => verdictOf('failed', item)),
      ...itemsOf(json['00081199']).map((item) => verdictOf('stored', item)),
      ...itemsOf(json['0008119A']).map((item) => verdictOf('failed', item)),
    ],
  };
}

async function discarded(answer: Response): Promise<[]> {
  await answer.body?.cancel();
  return [];
}

function verdictOf(kind: StoreVerdict['kind'], item: DicomJson): StoreVerdict {
  const [code, table] =
    kind === 'failed'
      ? [firstOf(item['00081197']), failureReasons]
      : [firstOf(item['00081196']), warningReasons];
  const name = Object.entries(table).find(([, reason]) => reason.code === code)?.[0];
  return {
    kind,
    reason: name ?? (code === undefined ? undefined : `unknown reason ${JSON.stringify(code)}`),
    sopInstanceUid: textOf(item['00081155']),
    retrieveUrl: textOf(item['00081190']),
  };
}

/** An answer with its whole body. */
export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** GET with headers. */
export async function get(url: string, headers: Record<string, string> = {}): Promise<Fetched> {
  const answer = await fetch(url, { headers });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}

/** GET that must succeed; JSON. */
export async function getJson<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const { status, body } = await get(url, { Accept: 'application/dicom+json', ...headers });
  if (status !== 200) throw new Error(`${status} for ${url}: ${body.toString('utf8', 0, 500)}`);
  return JSON.parse(body.toString('utf8')) as T;
}

/** GET that must succeed with multipart/related. */
export async function getParts(
  url: string,
  accept: string,
  others: Record<string, string> = {},
): Promise<MultipartPart[]> {
  const { status, headers, body } = await get(url, { ...others, Accept: accept });
  if (status !== 200) throw new Error(`${status} for ${url}: ${body.toString('utf8', 0, 500)}`);
  return decodeMultipart(headers.get('content-type') ?? '', body);
}

/** Items of a sequence of the DICOM JSON Model. */
export function itemsOf(attribute: DicomJsonAttribute | undefined): DicomJson[] {
  return (attribute?.Value ?? []) as DicomJson[];
}

/** First value of an attribute. */
export function firstOf(attribute: DicomJsonAttribute | undefined): unknown {
  return attribute?.Value?.[0];
}

/** First value of an attribute, if it is text. */
export function textOf(attribute: DicomJsonAttribute | undefined): string | undefined {
  const value = firstOf(attribute);
  return typeof value === 'string' ? value : undefined;
}

/** First value of a person name as PS3.5 writes it, `Alphabetic=Ideographic=Phonetic`, without empty groups at the end. */
export function nameOf(attribute: DicomJsonAttribute | undefined): string {
  const name = firstOf(attribute);
  if (typeof name !== 'object' || name === null) return '';
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = name as DicomJsonPersonName;
  return `${Alphabetic.trim()}=${Ideographic}=${Phonetic}`.replace(/=+$/, '').trim();
}

/** Address of the received bytes of an instance, from its Retrieve URL. */
export function originalUrl(retrieveUrl: string): string {
  return retrieveUrl.replace('/dicom-web/studies/', '/originals/').replace(/\/(series|instances)\//g, '/');
}
