/** Which of listed studies the archive has. */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';

/** A study, by its UID and the code of its facility. */
export interface ListedStudy {
  readonly studyInstanceUid: string;
  readonly facility: string;
}

/** Those of them that have instances, shown or not, in the order of their UIDs. */
export async function listedStudies(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<ListedStudy[]> {
  return rows<ListedStudy>(
    client,
    `select s.study_instance_uid as "studyInstanceUid", f.code as facility
      from study s join facility f on f.facility_id = s.facility_id
      where s.study_instance_uid = any ($1) and exists (select from instance i where i.study_key = s.study_key)
      order by s.study_instance_uid`,
    [studyInstanceUids],
  );
}
