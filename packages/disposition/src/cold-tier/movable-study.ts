/** A study that somebody wants in the cold tier, whatever the schedule says of it. */
import { type HotStudy, hotStudies, readSubject } from '@sandyq/database';
import { DispositionError } from '../errors.ts';
import { holdsOverStudy } from '../holds/holds-over-study.ts';
import type { ColdTierPorts } from './cold-ports.ts';

/**
 * What of it would be moved; undefined: all of it is there. Throws DispositionError('not-found'), or 'conflict' where a
 * legal hold binds it.
 */
export async function movableStudy(
  { database, settings }: Pick<ColdTierPorts, 'database' | 'settings'>,
  studyInstanceUid: string,
  now: Date,
): Promise<HotStudy | undefined> {
  return database.inTransaction(async (client) => {
    const subject = await readSubject(client, studyInstanceUid);
    if (subject === undefined) throw new DispositionError('not-found', 'The archive has no such study.');
    const [hold] = await holdsOverStudy(client, subject, now);
    if (hold !== undefined)
      throw new DispositionError(
        'conflict',
        `Legal hold ${hold.legalHoldId} binds the study: it stays where it is.`,
      );
    const [study] = await hotStudies(client, [studyInstanceUid], {
      recalledSince: now,
      hasReplica: settings.replica !== undefined,
    });
    return study;
  });
}
