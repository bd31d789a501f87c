/** Readers that ask for the same instances again and again, and remember every answer that was not right. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../../support/dicomweb.ts';
import type { MadeInstance } from '../../support/made-instances.ts';

/** Reads that go on until they are stopped. */
export interface ReadingLoop {
  /** Ends it; how many reads there were, and what was wrong with which. */
  stop(): Promise<{ readonly reads: number; readonly wrong: readonly string[] }>;
}

/** Between the reads of one reader: others need the machine, too. */
const PAUSE_MS = 10;

/** Received bytes by two readers, and the metadata of their studies by one. */
export function readOnAndOn(url: string, instances: readonly MadeInstance[]): ReadingLoop {
  const stopping = new AbortController();
  const wrong: string[] = [];
  let reads = 0;
  const loop = async (read: (turn: number) => Promise<string | undefined>) => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const fault = await read(turn).catch(String);
      reads += 1;
      if (fault !== undefined) wrong.push(fault);
      await sleep(PAUSE_MS);
    }
  };
  const original = (turn: number) => readOriginal(url, instances[turn % instances.length]);
  const loops = [
    loop(original),
    loop((turn) => original(instances.length - 1 - (turn % instances.length))),
    loop((turn) => readMetadata(url, instances, instances[turn % instances.length])),
  ];
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
      return { reads, wrong };
    },
  };
}

async function readOriginal(url: string, instance: MadeInstance | undefined): Promise<string | undefined> {
  if (instance === undefined) return 'there is nothing to read';
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, bytes } = instance;
  const path = `${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
  const { status, body } = await get(`${url}/originals/${path}`);
  const isRight = status === 200 && sha256(body) === sha256(bytes);
  return isRight ? undefined : `${status} and ${body.length} bytes for ${path}`;
}

async function readMetadata(
  url: string,
  instances: readonly MadeInstance[],
  one: MadeInstance | undefined,
): Promise<string | undefined> {
  const study = one?.studyInstanceUid ?? '';
  const expected = instances.filter(({ studyInstanceUid }) => studyInstanceUid === study);
  const answer = await get(`${url}/dicom-web/studies/${study}/metadata`, {
    Accept: 'application/dicom+json',
  });
  const found = answer.status === 200 ? (JSON.parse(answer.body.toString()) as unknown[]).length : 0;
  return found === expected.length ? undefined : `${answer.status} and ${found} instances of study ${study}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
