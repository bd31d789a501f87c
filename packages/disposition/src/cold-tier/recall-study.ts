/** Wants a study back from the cold tier. */
import { type Database, readSubject, requestRecall } from '@sandyq/database';
import { DispositionError } from '../errors.ts';

/**
 * Asks for everything of it that lies there. Returns how many segments wait now that did not before. Throws
 * DispositionError('not-found') for a study that the archive does not have.
 */
export async function recallStudy(database: Database, studyInstanceUid: string): Promise<number> {
  if ((await readSubject(database, studyInstanceUid)) === undefined)
    throw new DispositionError('not-found', 'The archive has no such study.');
  return requestRecall(database, { studyInstanceUid });
}
