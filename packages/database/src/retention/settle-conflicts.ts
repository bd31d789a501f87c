/**
 * Identity conflicts that links explain. An instance that was held out because it names another patient than its study is
 * shown once the two are confirmed to be one person, and held out again when that is removed. It follows from the links as
 * they stand, so it may be done at any time and by anyone: after a decision, at the start, after a rebuild.
 */
import type { Database, Queryable } from '../database.ts';
import { type ChangedInstance, showChange } from './changed-instances.ts';
import { LINKED_PATIENTS } from './linked-patients.ts';
import { lockStudy } from './lock-study.ts';

/** What the conflicts of one study came to. */
export interface SettledConflicts {
  readonly shown: number;
  readonly heldAgain: number;
}

/** Studies of one call. */
const STUDIES_AT_ONCE = 1_000;

/**
 * Settles what is due, study by study, each in a transaction of its own. Returns how many instances were shown and held
 * again: as long as there are some, there may be more.
 */
export async function settleConflicts(
  database: Database,
  { now }: { readonly now: () => Date },
): Promise<SettledConflicts> {
  const total = { shown: 0, heldAgain: 0 };
  for (const studyInstanceUid of await studiesDue(database)) {
    const { shown, heldAgain } = await database.inTransaction((client) =>
      settleStudy(client, { studyInstanceUid, now: now() }),
    );
    total.shown += shown;
    total.heldAgain += heldAgain;
  }
  return total;
}

/** A conflict `c` of a study `s` says something else than the links. A resolved one was resolved by a link. */
const DUE = `(c.state = 'open') = exists (select from patient_identifier n
  where n.issuer_id = c.patient_issuer_id and n.value collate "C" = c.patient_id
    and s.patient_key = any (${LINKED_PATIENTS('n.patient_key')}) and s.patient_key <> n.patient_key)`;

async function studiesDue(client: Queryable): Promise<string[]> {
  const due = await client.query<{ study_instance_uid: string }>({
    name: 'studies-with-conflicts-due',
    text: `select distinct s.study_instance_uid from identity_conflict c join study s on s.study_key = c.study_key
      where ${DUE} order by s.study_instance_uid limit ${STUDIES_AT_ONCE}`,
  });
  return due.rows.map((row) => row.study_instance_uid);
}

interface SettledStudy {
  readonly studyInstanceUid: string;
  readonly now: Date;
}

async function settleStudy(client: Queryable, settled: SettledStudy): Promise<SettledConflicts> {
  const study = await lockStudy(client, settled.studyInstanceUid);
  if (study === undefined) return { shown: 0, heldAgain: 0 };
  const { studyKey } = study;
  const turned = await turnConflicts(client, studyKey);
  const shown = await setState(client, studyKey, {
    uids: turned.resolved.map((row) => row.sop_instance_uid),
    from: 'identity-conflict',
    to: 'active',
  });
  const heldAgain = await setState(client, studyKey, {
    uids: turned.open.map((row) => row.sop_instance_uid),
    from: 'active',
    to: 'identity-conflict',
  });
  const change = { ...settled, studyKey };
  // As of the decision: a rebuild says the same.
  const decidedAt = turned.resolved[0]?.decided_at ?? settled.now;
  await showChange(client, { ...change, kind: 'shown', instances: shown, now: decidedAt });
  await showChange(client, { ...change, kind: 'held-out', instances: heldAgain });
  return { shown: shown.length, heldAgain: heldAgain.length };
}

/** The last decision on the person whom the study is about; none for a conflict that stands again. */
const EXPLAINED_BY = `select l.decided_by, l.decided_at from patient_link l
  where c.state = 'open' and l.state = 'confirmed' and l.patient_key = any (${LINKED_PATIENTS('s.patient_key')})
    and l.other_key = any (${LINKED_PATIENTS('s.patient_key')})
  order by l.decided_at desc, l.patient_link_id desc limit 1`;

/** A conflict that is resolved, or stands again. */
interface TurnedConflict {
  readonly sop_instance_uid: string;
  readonly state: 'resolved' | 'open';
  readonly decided_at: Date | null;
}

type Turned = Readonly<Record<TurnedConflict['state'], readonly TurnedConflict[]>>;

async function turnConflicts(client: Queryable, studyKey: number): Promise<Turned> {
  const result = await client.query<TurnedConflict & Record<string, unknown>>({
    name: 'turn-identity-conflicts',
    text: `update identity_conflict c set state = case c.state when 'open' then 'resolved' else 'open' end,
        (decided_by, decided_at) = (${EXPLAINED_BY})
      from study s where s.study_key = $1 and c.study_key = s.study_key and ${DUE}
      returning c.sop_instance_uid, c.state, c.decided_at`,
    values: [studyKey],
  });
  const { resolved = [], open = [] } = Object.groupBy(result.rows, (row) => row.state);
  return { resolved, open };
}

/** Of an instance that is rejected only the conflict is settled: it comes back as what the conflict then says. */
async function setState(
  client: Queryable,
  studyKey: number,
  { uids, from, to }: { readonly uids: readonly string[]; readonly from: string; readonly to: string },
): Promise<ChangedInstance[]> {
  if (uids.length === 0) return [];
  await client.query({
    name: 'settle-sop-instances',
    text: 'update sop_instance set state = $3 where sop_instance_uid = any ($1) and state = $2',
    values: [uids, from, to],
  });
  const result = await client.query<ChangedInstance & Record<string, unknown>>({
    name: 'settle-instances',
    text: `update instance i set state = $4 from series e
      where i.study_key = $1 and i.sop_instance_uid = any ($2) and i.state = $3
        and e.study_key = i.study_key and e.series_key = i.series_key
      returning e.series_key, e.series_instance_uid, i.sop_instance_uid, i.sha256`,
    values: [studyKey, uids, from, to],
  });
  return result.rows;
}
