/** A question over HTTP, and what an answer must be. */

import type { Target } from '../bench-case.ts';
import type { Answer, Outgoing } from '../driver/connection.ts';
import { expectStatus, type Job, jsonOf } from '../driver/drive.ts';
import { LIMIT } from './explain-search.ts';
import type { SearchKey } from './search-keys.ts';

const NO_CONTENT = 204;
const STUDY_DATE = '00080020';

/** Keys of two radiologists. */
export interface ApiKeys {
  readonly everywhere: string;
  readonly inFacility: string;
}

/** The request of a key; its answer is a page of studies, newest first, or nothing. */
export function searchJob({ dicomWebUrl }: Target, keys: ApiKeys, key: SearchKey): Job {
  const apiKey = key.facilityId === undefined ? keys.everywhere : keys.inFacility;
  const request: Outgoing = {
    method: 'GET',
    url: `${dicomWebUrl}/${pathOf(key)}?${key.query}&limit=${LIMIT}&offset=${key.offset ?? 0}`,
    headers: { accept: 'application/dicom+json', authorization: `Bearer ${apiKey}` },
  };
  return {
    request,
    verify: (answer) => {
      if (answer.status === NO_CONTENT) return;
      expectStatus(answer, request);
      verifyPage(key, answer);
    },
  };
}

function pathOf({ level, studyInstanceUid, seriesInstanceUid }: SearchKey): string {
  const resource = { study: 'studies', series: 'series', instance: 'instances' }[level];
  const series = seriesInstanceUid === undefined ? '' : `series/${seriesInstanceUid}/`;
  return studyInstanceUid === undefined ? resource : `studies/${studyInstanceUid}/${series}${resource}`;
}

function verifyPage({ name }: SearchKey, answer: Answer): void {
  const results = jsonOf(answer) as readonly Readonly<
    Record<string, { readonly Value?: readonly unknown[] }>
  >[];
  const days = results.flatMap((result) => result[STUDY_DATE]?.Value ?? []).map(String);
  const isOrdered = days.every((day, index) => index === 0 || day <= (days[index - 1] ?? ''));
  if (results.length === 0 || results.length > LIMIT || !isOrdered)
    throw new Error(`${name}: ${results.length} results, ordered: ${isOrdered}`);
}
