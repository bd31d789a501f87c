/** A set of answers of an archive that two archives with the same content give alike. */
import { createHash } from 'node:crypto';
import type { DicomJson } from '@sandyq/dicom';
import { firstOf, get, textOf } from './dicomweb.ts';

type Headers = Record<string, string>;

/** Who asks. */
export interface AskedAs {
  readonly radiologist: Headers;
  readonly administrator: Headers;
}

/** What was answered, by what was asked. The archive's own address is left out of it. */
export type Answers = ReadonlyMap<string, unknown>;

/**
 * Searches at three levels with all attributes, metadata and instances of every study, received bytes and first frame
 * of every instance, and what is kept back.
 */
export async function collectAnswers(url: string, { radiologist, administrator }: AskedAs): Promise<Answers> {
  const answers = new Map<string, unknown>();
  const found: DicomJson[] = [];
  for (const level of ['studies', 'series', 'instances']) {
    const path = `/dicom-web/${level}?includefield=all&limit=5000`;
    const results = (await jsonOf(url, path, radiologist)) as DicomJson[];
    answers.set(path, sortedBy(results, identityOf));
    if (level === 'instances') found.push(...results);
  }
  const studies = new Set(found.map((instance) => textOf(instance['0020000D']) ?? ''));
  for (const study of [...studies].sort()) {
    const path = `/dicom-web/studies/${study}/metadata`;
    answers.set(path, await jsonOf(url, path, radiologist));
  }
  await eachAtOnce(found, async (instance) => {
    for (const path of pathsOf(instance)) answers.set(path, await digestOf(url, path, radiologist));
  });
  for (const path of ['quarantine?state=all', 'proposed-corrections', 'identity-conflicts']) {
    answers.set(
      path,
      withoutCounters(
        await jsonOf(url, `/admin/${path}&limit=500`.replace(/^([^?]*)&/, '$1?'), administrator),
      ),
    );
  }
  return answers;
}

/** What was answered otherwise, or only by one. */
export function differingAnswers(first: Answers, second: Answers): string[] {
  const paths = new Set([...first.keys(), ...second.keys()]);
  return [...paths]
    .filter((path) => JSON.stringify(first.get(path)) !== JSON.stringify(second.get(path)))
    .sort();
}

function pathsOf(instance: DicomJson): string[] {
  const [study, series, uid] = ['0020000D', '0020000E', '00080018'].map((tag) => textOf(instance[tag]) ?? '');
  const original = `/originals/${study}/${series}/${uid}`;
  // Rows (0028,0010): it has pixels.
  const hasPixels = firstOf(instance['00280010']) !== undefined;
  return [
    original,
    ...(hasPixels ? [`/dicom-web/studies/${study}/series/${series}/instances/${uid}/frames/1`] : []),
  ];
}

async function jsonOf(url: string, path: string, headers: Headers): Promise<unknown> {
  const { status, body } = await get(`${url}${path}`, { Accept: 'application/json', ...headers });
  if (status === 204) return [];
  if (status !== 200) throw new Error(`${status} for ${path}: ${body.toString('utf8', 0, 300)}`);
  return JSON.parse(body.toString('utf8').replaceAll(url, ''));
}

async function digestOf(url: string, path: string, headers: Headers): Promise<string> {
  const { status, body } = await get(`${url}${path}`, headers);
  // What is refused names the request.
  return status === 200 ? createHash('sha256').update(body).digest('hex') : String(status);
}

/** Studies of one day have no order between them. */
function sortedBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  return [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function identityOf(result: DicomJson): string {
  return ['0020000D', '0020000E', '00080018'].map((tag) => textOf(result[tag]) ?? '').join(' ');
}

/** Repeats are counted by one database; conflicts have numbers of one database. */
function withoutCounters(answer: unknown): unknown {
  if (Array.isArray(answer)) return sortedBy(answer.map(withoutCounters), (item) => JSON.stringify(item));
  if (typeof answer !== 'object' || answer === null) return answer;
  const isConflict = 'instancePatient' in answer;
  return Object.fromEntries(
    Object.entries(answer)
      .filter(
        ([name]) => name !== 'timesReceived' && name !== 'lastReceivedAt' && !(isConflict && name === 'id'),
      )
      .map(([name, value]) => [name, withoutCounters(value)]),
  );
}

const AT_ONCE = 8;

async function eachAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
