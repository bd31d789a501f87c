/** Store requests (PS3.18 §10.5): multipart/related around buffers that are there already. */
import type { LoadInstance } from '../load/instance.ts';
import type { Answer, Outgoing } from './connection.ts';
import { expectStatus, type Job, jsonOf } from './drive.ts';

const BOUNDARY = 'bench-7f3c51b2';
const PART_HEAD = Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`);
const CLOSING = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
const HEADERS = {
  'content-type': `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`,
  accept: 'application/dicom+json',
};
/** Failed SOP Sequence and Referenced SOP Sequence, the UID within, and the warning (PS3.18 §I.2). */
const FAILED = '00081198';
const STORED = '00081199';
const SOP_INSTANCE_UID = '00081155';

/** One request with these instances; throws unless every one of them is confirmed. `url` is where it is posted. */
export function storeJob(url: string, instances: readonly LoadInstance[]): Job {
  const body = [...instances.flatMap(({ pieces }) => [PART_HEAD, ...pieces]), CLOSING];
  const request: Outgoing = { method: 'POST', url, headers: HEADERS, body };
  return {
    request,
    operations: instances.length,
    bytes: instances.reduce((sum, { bytes }) => sum + bytes, 0),
    verify: (answer) => expectStored(answer, request, instances),
  };
}

/** Requests of so many instances each. */
export function storeJobs(url: string, instances: readonly LoadInstance[], perRequest: number): Job[] {
  const requests = Math.ceil(instances.length / perRequest);
  return Array.from({ length: requests }, (_, index) =>
    storeJob(url, instances.slice(index * perRequest, (index + 1) * perRequest)),
  );
}

function expectStored(answer: Answer, request: Outgoing, instances: readonly LoadInstance[]): void {
  expectStatus(answer, request);
  const json = jsonOf(answer) as Readonly<
    Record<string, { readonly Value?: readonly unknown[] } | undefined>
  >;
  const failed = json[FAILED]?.Value ?? [];
  const stored = new Set((json[STORED]?.Value ?? []).map(sopInstanceUidOf));
  const isMissing = instances.some(({ sopInstanceUid }) => !stored.has(sopInstanceUid));
  if (failed.length === 0 && stored.size === instances.length && !isMissing) return;
  throw new Error(`${stored.size} of ${instances.length} instances were confirmed, ${failed.length} refused`);
}

function sopInstanceUidOf(item: unknown): unknown {
  return (item as Readonly<Record<string, { readonly Value?: readonly unknown[] }>>)[SOP_INSTANCE_UID]
    ?.Value?.[0];
}
