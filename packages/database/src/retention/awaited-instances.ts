/**
 * Instances that a rejection note names and that are not here: they are hidden when they arrive. The row of their SOP
 * Instance UID is there beforehand, in state `awaited`, so that note and instance meet at one constraint whichever is first.
 * Who changes what is said here of a UID holds the lock of that row, and takes it before that of any study.
 */
import type { Queryable } from '../database.ts';
import { pagesOf } from '../pages-of.ts';

/** Studies of these that belong to another facility. */
export async function studiesOfOthers(
  client: Queryable,
  studyInstanceUids: readonly string[],
  facilityId: number,
): Promise<ReadonlySet<string>> {
  const found = await client.query<{ uid: string }>({
    name: 'studies-of-others',
    text: `select study_instance_uid as uid from study where study_instance_uid = any ($1) and facility_id <> $2`,
    values: [studyInstanceUids, facilityId],
  });
  return new Set(found.rows.map((row) => row.uid));
}

/**
 * Keeps the UIDs of those that nobody holds, and locks them until the transaction ends. Whoever is committing one of them
 * just now is waited for. Returns what is awaited since, and is by no other note of the facility.
 */
export async function keepUids(
  client: Queryable,
  sopInstanceUids: readonly string[],
  facilityId: number,
): Promise<Set<string>> {
  const uids = [...new Set(sopInstanceUids)].sort();
  const kept = new Set<string>();
  for (const page of pagesOf(uids)) await insertKept(client, page);
  for (const page of pagesOf(uids)) {
    const locked = await lockAwaited(client, page);
    const known = await awaitedBy(client, locked, facilityId);
    for (const uid of locked) if (!known.has(uid)) kept.add(uid);
  }
  return kept;
}

async function insertKept(client: Queryable, uids: readonly string[]): Promise<void> {
  await client.query({
    name: 'keep-sop-instance-uids',
    text: `insert into sop_instance (sop_instance_uid, state)
      select uid, 'awaited' from unnest($1::text[]) with ordinality as t (uid, place) order by place
      on conflict (sop_instance_uid) do nothing`,
    values: [uids],
  });
}

/** Of these UIDs those that nobody has brought yet, in their order, locked. */
export async function lockAwaited(client: Queryable, uids: readonly string[]): Promise<string[]> {
  const locked = await client.query<{ uid: string }>({
    name: 'lock-awaited-sop-instances',
    text: `select sop_instance_uid as uid from sop_instance
      where sop_instance_uid = any ($1) and state = 'awaited' order by sop_instance_uid for update`,
    values: [uids],
  });
  return locked.rows.map((row) => row.uid);
}

async function awaitedBy(
  client: Queryable,
  uids: readonly string[],
  facilityId: number,
): Promise<ReadonlySet<string>> {
  const found = await client.query<{ uid: string }>({
    name: 'awaited-by-facility',
    text: 'select sop_instance_uid as uid from awaited_instance where sop_instance_uid = any ($1) and facility_id = $2',
    values: [uids, facilityId],
  });
  return new Set(found.rows.map((row) => row.uid));
}

/** What a rejection waits for. */
export interface Awaiting {
  readonly rejectionId: string;
  readonly facilityId: number;
  readonly sopInstanceUids: readonly string[];
}

/** Registers what {@link keepUids} has kept for it, as long as the rejection stands. */
export async function registerAwaited(
  client: Queryable,
  { rejectionId, facilityId, sopInstanceUids }: Awaiting,
): Promise<void> {
  for (const page of pagesOf(sopInstanceUids)) {
    await client.query({
      name: 'register-awaited',
      text: `insert into awaited_instance (sop_instance_uid, facility_id, rejection_id)
        select uid, $2, $3 from unnest($1::text[]) as t (uid)
        where exists (select from rejection where rejection_id = $3 and state = 'rejected')`,
      values: [page, facilityId, rejectionId],
    });
  }
}

/**
 * The note of a rejection that is restored hides nothing more of the series, nor do those that followed the rejection
 * (hide-awaited.ts). To be called before the study is locked.
 */
export async function forgetAwaitedOf(client: Queryable, rejectionId: string): Promise<void> {
  const found = await client.query<{ uid: string }>({
    name: 'awaited-of-note',
    text: `select a.sop_instance_uid as uid from rejection j
      join rejection o on o.study_instance_uid = j.study_instance_uid and o.note_uid = j.note_uid
        and o.series_instance_uid = j.series_instance_uid
      join awaited_instance a on a.rejection_id = o.rejection_id
      where j.rejection_id = $1 order by uid`,
    values: [rejectionId],
  });
  for (const page of pagesOf(found.rows.map((row) => row.uid))) {
    const locked = await lockAwaited(client, page);
    await client.query({
      name: 'forget-awaited-of-note',
      text: `delete from awaited_instance a using rejection j, rejection o
        where a.sop_instance_uid = any ($1) and j.rejection_id = $2 and a.rejection_id = o.rejection_id
          and o.study_instance_uid = j.study_instance_uid and o.note_uid = j.note_uid
          and o.series_instance_uid = j.series_instance_uid`,
      values: [locked, rejectionId],
    });
    await giveBackUids(client, locked);
  }
}

/** They are here, or gone: no note waits for them any more. The caller has locked them, or holds their UIDs. */
export async function forgetAwaited(client: Queryable, uids: readonly string[]): Promise<void> {
  await client.query({
    name: 'forget-awaited',
    text: 'delete from awaited_instance where sop_instance_uid = any ($1)',
    values: [uids],
  });
  await giveBackUids(client, uids);
}

/** UIDs that no note waits for are anybody's again. */
async function giveBackUids(client: Queryable, uids: readonly string[]): Promise<void> {
  await client.query({
    name: 'give-back-awaited-uids',
    text: `delete from sop_instance p where p.sop_instance_uid = any ($1) and p.state = 'awaited'
      and not exists (select from awaited_instance a where a.sop_instance_uid = p.sop_instance_uid)`,
    values: [uids],
  });
}
