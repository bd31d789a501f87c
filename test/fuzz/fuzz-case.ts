/** One case: something valid, and mutations that follow from numbers, so that any part of them can be left out and made again. */
import type { DicomJson } from '@sandyq/dicom';
import { itemsOf, textOf } from '../support/dicomweb.ts';
import type { FreshUids } from '../support/fresh-uids.ts';
import { withFreshUids } from '../support/fresh-uids.ts';
import { encodeMultipart } from '../support/multipart.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { type FuzzRequest, requestOf } from './fuzz-request.ts';
import { mutateObject } from './mutate-object.ts';
import { mutateRequest } from './mutate-request.ts';

/** What is mutated. */
export interface Material {
  readonly requests: readonly FuzzRequest[];
  /** Small Part 10 files. */
  readonly files: readonly Buffer[];
  readonly uids: FreshUids;
}

/** A case: `request` makes what is sent first, with these of its mutations only. */
export interface FuzzCase {
  readonly index: number;
  readonly mutationSeeds: readonly number[];
  readonly request: (mutationSeeds: readonly number[]) => FuzzRequest;
  /** Whether the request stores a mutated object, and what came of it is to be retrieved. */
  readonly isStore: boolean;
}

const OBJECT_SHARE = 0.2;
const MOST_MUTATIONS = 4;

/** The case of a number in a run of a seed: always the same but for the UIDs of objects. */
export function fuzzCase(seed: number, index: number, material: Material): FuzzCase {
  const random = new SeededRandom(
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35),
  );
  // The first numbers of neighbouring states are not far apart.
  random.next();
  const count = 1 + Math.floor(random.next() ** 2 * MOST_MUTATIONS);
  const isStore = random.next() < OBJECT_SHARE;
  const chosen = random.next();
  const mutationSeeds = Array.from({ length: count }, () => random.integer(0, 2 ** 31));
  if (isStore) return { index, mutationSeeds, isStore, request: storeOfMutated(material, chosen) };
  const request = at(material.requests, chosen);
  return {
    index,
    mutationSeeds,
    isStore,
    request: (seeds) =>
      seeds.reduce((changed, each) => mutateRequest(changed, new SeededRandom(each)), request),
  };
}

function storeOfMutated({ files, uids }: Material, chosen: number): FuzzCase['request'] {
  const fresh = withFreshUids(at(files, chosen), uids).bytes;
  return (seeds) => {
    const file = seeds.reduce((changed, each) => mutateObject(changed, new SeededRandom(each)), fresh);
    const accept = { Accept: 'application/dicom+json' };
    if ((seeds[0] ?? 0) % 3 > 0) {
      return requestOf(
        'POST',
        '/dicom-web/studies',
        { ...accept, 'Content-Type': 'application/dicom' },
        file,
      );
    }
    const { contentType, body } = encodeMultipart([file, file]);
    return requestOf('POST', '/dicom-web/studies', { ...accept, 'Content-Type': contentType }, body);
  };
}

/** Requests for what a Store answered with: each kind of resource, and each way to have pixels. */
export function retrievalsOf(storeAnswer: Buffer): FuzzRequest[] {
  const [stored] = itemsOf(parsed(storeAnswer)['00081199']);
  const url = textOf(stored?.['00081190']);
  if (url === undefined) return [];
  const path = new URL(url).pathname;
  const [, , , study = '', , series = '', , instance = ''] = path.split('/');
  const get = (suffix: string, accept: string): FuzzRequest =>
    requestOf('GET', `${path}${suffix}`, { Accept: accept });
  return [
    get('/metadata', 'application/dicom+json'),
    get('/metadata', 'multipart/related; type="application/dicom+xml"'),
    get('', 'application/dicom'),
    get('', 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80'),
    get('/frames/1', 'multipart/related; type="application/octet-stream"'),
    get('/frames/1', 'multipart/related; type="*/*"; transfer-syntax=*'),
    get('/rendered', 'image/jpeg'),
    get('/rendered?window=1,2,sigmoid&viewport=40,40', 'image/png'),
    get('/rendered', 'text/html'),
    get('/thumbnail', 'image/jpeg'),
    get('/bulkdata', 'multipart/related; type="application/octet-stream"'),
    get('/pixeldata', 'multipart/related; type="application/octet-stream"'),
    requestOf('GET', `/dicom-web/instances?SOPInstanceUID=${instance}&includefield=all`, {
      Accept: 'application/dicom+json',
    }),
    requestOf('GET', `/wado?requestType=WADO&studyUID=${study}&seriesUID=${series}&objectUID=${instance}`, {
      Accept: '*/*',
    }),
    requestOf('GET', `/originals/${study}/${series}/${instance}`, { Accept: '*/*' }),
  ];
}

/** The answer as JSON, an empty object if it is none. */
function parsed(bytes: Buffer): DicomJson {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof json === 'object' && json !== null ? (json as DicomJson) : {};
  } catch {
    // Of another media type, or cut: there is nothing to retrieve by.
    return {};
  }
}

function at<Item>(items: readonly Item[], share: number): Item {
  const item = items[Math.floor(share * items.length)];
  if (item === undefined) throw new RangeError('nothing to mutate');
  return item;
}
