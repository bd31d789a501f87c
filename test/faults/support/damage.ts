/** Damage that stays: objects deleted or altered behind the archive's back, rows taken away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SegmentReceipt } from '@sandyq/storage';
import { isStorageError, openSegment } from '@sandyq/storage';
import { reconcileNow } from './archive-tools.ts';
import type { FaultyArchive } from './faulty-archive.ts';
import type { Ledger } from './ledger.ts';
import { reportedDamage } from './look-for-damage.ts';
import type { Damage, Fault, Outcome, Scene } from './scene.ts';

/** Objects above are left alone: they would have to be put again in pieces. */
const LARGEST_ALTERED_BYTES = 8 * 2 ** 20;

const everywhere = (): boolean => true;

export const damageFaults: readonly Fault[] = [
  { name: 'object deleted', isPossible: everywhere, run: deleteObject },
  { name: 'bit flipped', isPossible: everywhere, run: flipBit },
  { name: 'rows deleted', isPossible: everywhere, run: deleteRows },
];

async function deleteObject(scene: Scene): Promise<Outcome> {
  const victim = await chooseObject(scene);
  if (victim === undefined) return {};
  const { archive, ledger } = scene;
  for (const place of victim.receipt.entries) destroy(ledger, victim.key, place);
  await archive.store.store.delete(victim.key);
  return { damages: [await found(scene, victim, 'object deleted')] };
}

async function flipBit(scene: Scene): Promise<Outcome> {
  const victim = await chooseObject(scene);
  if (victim === undefined || victim.size > LARGEST_ALTERED_BYTES) return {};
  const { archive, ledger, random } = scene;
  const bytes = await readAll(archive, victim.key);
  const position = random.integer(0, bytes.length);
  for (const place of victim.receipt.entries) {
    if (place.offset <= position && position < place.offset + place.length)
      destroy(ledger, victim.key, place);
  }
  bytes.writeUInt8(bytes.readUInt8(position) ^ (1 << random.integer(0, 8)), position);
  await archive.store.overwrite(victim.key, bytes);
  return { damages: [await found(scene, victim, 'bit flipped')] };
}

/** Lets readers meet it, then has the archive look. */
async function found({ archive, ledger }: Scene, victim: Victim, kind: Damage['kind']): Promise<Damage> {
  await sleep(300);
  const reported = await reportedDamage(archive.environment, victim.receipt.studyInstanceUid);
  const isReported = reported.has(victim.key);
  if (!isReported) ledger.note('not reported', `${kind}: ${victim.key}`);
  return { round: ledger.round, key: victim.key, kind, isReported };
}

interface Victim {
  readonly key: string;
  readonly size: number;
  readonly receipt: SegmentReceipt;
}

/** The segment that holds an acknowledged instance; undefined if an earlier fault altered what it says of itself. */
async function chooseObject({ archive, ledger }: Scene): Promise<Victim | undefined> {
  const entry = ledger.anyAcknowledged();
  if (entry === undefined) return undefined;
  const found = await archive.database.query<{ key: string; size: number }>({
    text: `select s.object_key as key, s.size_bytes as size from sop_instance p
      join segment s using (segment_id) where p.sop_instance_uid = $1`,
    values: [entry.sopInstanceUid],
  });
  const [place] = found.rows;
  if (place === undefined) return undefined;
  try {
    const { receipt } = await openSegment(archive.store.store, place.key);
    return { ...place, receipt };
  } catch (error) {
    if (isStorageError(error, 'damaged')) return undefined;
    throw error;
  }
}

/** Whatever these bytes were kept as. */
function destroy(
  ledger: Ledger,
  key: string,
  { sha256, sopInstanceUid }: SegmentReceipt['entries'][number],
): void {
  if (key === '') return;
  const entry = ledger.entries.get(sopInstanceUid);
  if (entry?.sha256 === sha256) entry.destroyedIn ??= ledger.round;
  for (const kept of ledger.kept) {
    if (kept.sopInstanceUid === sopInstanceUid && kept.sha256 === sha256) kept.destroyedIn ??= ledger.round;
  }
}

async function readAll({ store: { store } }: FaultyArchive, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(key)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Statements that take rows of a segment away, as a careless hand or a half-restored table would. */
const DELETIONS: readonly (readonly string[])[] = [
  ['delete from instance where segment_id = $1'],
  ['delete from sop_instance where segment_id = $1'],
  [
    'delete from instance where segment_id = $1',
    'delete from sop_instance where segment_id = $1',
    'delete from segment where segment_id = $1',
  ],
];

async function deleteRows({ archive, ledger, random }: Scene): Promise<Outcome> {
  const entry = ledger.anyAcknowledged();
  if (entry === undefined) return {};
  ledger.mayForget = true;
  try {
    const found = await archive.database.query<{ segment_id: string }>({
      text: 'select segment_id from sop_instance where sop_instance_uid = $1',
      values: [entry.sopInstanceUid],
    });
    const segmentId = found.rows[0]?.segment_id;
    await archive.database.inTransaction(async (client) => {
      for (const text of random.pick(DELETIONS)) await client.query({ text, values: [segmentId] });
    });
    await sleep(100);
    await reconcileNow(archive.environment);
  } finally {
    ledger.mayForget = false;
  }
  return {};
}
