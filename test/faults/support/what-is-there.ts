/** Compares what an archive shows with what was sent to it. */
import type { DicomJson } from '@sandyq/dicom';
import { firstOf, get, textOf } from '../../support/dicomweb.ts';
import type { SentInstance } from './sent-instances.ts';

/** What is wrong, and what is there beside that which was acknowledged. */
export interface Findings {
  /** Acknowledged, and not retrievable or not found by a search. */
  readonly lost: string[];
  /** Retrieved with other bytes than were sent. */
  readonly altered: string[];
  /** Found by a search, but not whole: not retrievable. */
  readonly halfVisible: string[];
  /** Studies whose number of instances is not what they have. */
  readonly miscounted: string[];
  /** Not acknowledged, but there and whole: the answer was lost on its way. */
  readonly survivors: string[];
}

/** No finding yet. */
export function noFindings(): Findings {
  return { lost: [], altered: [], halfVisible: [], miscounted: [], survivors: [] };
}

const AT_ONCE = 8;

/**
 * Looks up each of these instances, and everything that the archive shows of their studies, and adds what is wrong to
 * the findings. `all`: every instance ever sent, by SOP Instance UID.
 */
export async function look(
  url: string,
  instances: readonly SentInstance[],
  all: ReadonlyMap<string, SentInstance>,
  findings: Findings,
): Promise<void> {
  const visible = new Map<string, Set<string>>();
  for (const study of new Set(instances.map(({ studyInstanceUid }) => studyInstanceUid))) {
    visible.set(study, await visibleInstances(url, study, findings));
  }
  const toRead = instances.filter((instance) => {
    const isVisible = visible.get(instance.studyInstanceUid)?.has(instance.sopInstanceUid) === true;
    if (instance.acknowledged && !isVisible) findings.lost.push(`${instance.sopInstanceUid} is not found`);
    return isVisible;
  });
  const unknown = [...visible.values()].flatMap((uids) => [...uids].filter((uid) => !all.has(uid)));
  findings.halfVisible.push(...unknown.map((uid) => `${uid} was never sent`));
  await eachAtOnce(toRead, (instance) => readBack(url, instance, findings));
}

/**
 * SOP Instance UIDs that a search finds in a study; none for a study that is not there. What a dead process left is
 * still being recovered: counts and instances are compared only if nothing was added between them.
 */
async function visibleInstances(url: string, study: string, findings: Findings): Promise<Set<string>> {
  for (;;) {
    const before = await countedInstances(url, study);
    const found = await search(url, `studies/${study}/instances?limit=5000`);
    if ((await countedInstances(url, study)) !== before) continue;
    const uids = new Set(found.map((instance) => textOf(instance['00080018']) ?? ''));
    if (before !== uids.size) findings.miscounted.push(`${study} counts ${before} and has ${uids.size}`);
    return uids;
  }
}

async function countedInstances(url: string, study: string): Promise<number> {
  const [found] = await search(url, `studies?StudyInstanceUID=${study}`);
  return found === undefined ? 0 : Number(firstOf(found['00201208']));
}

async function search(url: string, resource: string): Promise<DicomJson[]> {
  const { status, body } = await get(`${url}/dicom-web/${resource}`, { Accept: 'application/dicom+json' });
  if (status === 204) return [];
  if (status !== 200) throw new Error(`${status} for ${resource}: ${body.toString('utf8', 0, 500)}`);
  return JSON.parse(body.toString('utf8')) as DicomJson[];
}

async function readBack(url: string, instance: SentInstance, findings: Findings): Promise<void> {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, acknowledged } = instance;
  const path = `originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
  const { status, body } = await get(`${url}/${path}`);
  if (status !== 200)
    (acknowledged ? findings.lost : findings.halfVisible).push(`${sopInstanceUid}: ${status}`);
  else if (!body.equals(instance.bytes)) findings.altered.push(sopInstanceUid);
  else if (!acknowledged) findings.survivors.push(sopInstanceUid);
}

async function eachAtOnce<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of queue) await run(item);
    }),
  );
}
