/** Whether a study is known. */
import type { Queryable } from './database.ts';

/** Also one of which no instance is active. */
export async function studyExists(client: Queryable, studyInstanceUid: string): Promise<boolean> {
  const found = await client.query({
    name: 'study-exists',
    keepsPlan: true,
    text: 'select from study where study_instance_uid = $1',
    values: [studyInstanceUid],
  });
  return found.rowCount === 1;
}
