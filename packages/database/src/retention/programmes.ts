/** Programmes (screening rounds, trials) that studies were registered for. A study may be registered before it arrives. */
import type { Queryable } from '../database.ts';
import { writeJournalLine } from '../journal.ts';
import { one, rows } from '../read-rows.ts';
import { lockRegisters } from './registers-lock.ts';

/** That a study belongs to a programme. */
export interface StudyProgramme {
  /** UUID. */
  readonly studyProgrammeId: string;
  readonly studyInstanceUid: string;
  readonly programme: string;
  readonly registeredBy: string;
  readonly registeredAt: Date;
}

/** One that is to be registered. */
export type NewStudyProgramme = Pick<StudyProgramme, 'studyProgrammeId' | 'studyInstanceUid' | 'programme'>;

/**
 * Registers a study for a programme, with its journal line; call it within a transaction, and report it when that line is
 * durable. False: it is registered already.
 */
export async function registerProgramme(
  client: Queryable,
  { studyProgrammeId, studyInstanceUid, programme }: NewStudyProgramme,
  registeredBy: string,
): Promise<boolean> {
  await lockRegisters(client);
  const inserted = await client.query({
    name: 'register-programme',
    text: `insert into study_programme (study_programme_id, study_instance_uid, programme, registered_by, registered_at)
      values ($1, $2, $3, $4, date_trunc('milliseconds', now()))
      on conflict (study_instance_uid, programme) where withdrawn_at is null do nothing`,
    values: [studyProgrammeId, studyInstanceUid, programme, registeredBy],
  });
  if (inserted.rowCount === 0) return false;
  await writeJournalLine(client, {
    kind: 'programme-registered',
    decidedBy: registeredBy,
    fact: { studyProgrammeId, studyInstanceUid, programme },
  });
  return true;
}

/**
 * Says that a study does not belong to a programme, with its journal line; call it within a transaction. Throws
 * DatabaseError('not-found') where it is not registered for it.
 */
export async function withdrawProgramme(
  client: Queryable,
  { studyInstanceUid, programme }: Pick<StudyProgramme, 'studyInstanceUid' | 'programme'>,
  withdrawnBy: string,
): Promise<void> {
  await lockRegisters(client);
  const withdrawn = await rows<{ id: string }>(
    client,
    `update study_programme set withdrawn_by = $3, withdrawn_at = date_trunc('milliseconds', now())
      where study_instance_uid = $1 and programme = $2 and withdrawn_at is null returning study_programme_id as id`,
    [studyInstanceUid, programme, withdrawnBy],
  );
  const { id: studyProgrammeId } = one(withdrawn, `registration of this study for ${programme}`);
  await writeJournalLine(client, {
    kind: 'programme-withdrawn',
    decidedBy: withdrawnBy,
    fact: { studyProgrammeId },
  });
}

/** Which registrations; what is absent does not narrow. */
export interface ProgrammeFilter {
  readonly studyInstanceUid?: string | undefined;
  readonly programme?: string | undefined;
  /** Only those after this one. */
  readonly after?: string | undefined;
}

/** Up to `limit` registrations that stand, in the order of their numbers. */
export async function listProgrammes(
  client: Queryable,
  { studyInstanceUid, programme, after }: ProgrammeFilter,
  limit: number,
): Promise<StudyProgramme[]> {
  return rows<StudyProgramme>(
    client,
    `select study_programme_id as "studyProgrammeId", study_instance_uid as "studyInstanceUid", programme,
        registered_by as "registeredBy", registered_at as "registeredAt"
      from study_programme
      where withdrawn_at is null and ($1::text is null or study_instance_uid = $1) and ($2::text is null or programme = $2)
        and ($3::uuid is null or study_programme_id > $3)
      order by study_programme_id limit $4`,
    [studyInstanceUid ?? null, programme ?? null, after ?? null, limit],
  );
}
