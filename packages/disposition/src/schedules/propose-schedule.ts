/** How a version of a schedule comes into force: one principal proposes it, another one adopts it. */
import { hash } from 'node:crypto';
import {
  adoptSchedule,
  type Database,
  proposeSchedule as keepProposed,
  type ScheduleVersion,
} from '@sandyq/database';
import { exportDecision, type JournalPorts } from '@sandyq/indexing';
import { parseSchedule } from '@sandyq/retention';
import { type Actor, assertOperator } from '../actor.ts';
import { decideOrTry } from '../decide-or-try.ts';

/**
 * Keeps a version, to be adopted. The same text again is no fault. Throws RetentionError for a text that breaks the schema,
 * DatabaseError('conflict') for another text of a version that there is.
 */
export async function proposeSchedule(
  { database }: { readonly database: Database },
  text: string,
  actor: Actor,
): Promise<ScheduleVersion> {
  const { schedule, version, effective } = parseSchedule(text);
  return keepProposed(database, {
    schedule,
    version,
    text,
    sha256: hash('sha256', text, 'buffer'),
    effectiveFrom: effective.from,
    effectiveUntil: effective.until,
    proposedBy: actor.principalId,
  });
}

/** Which version is adopted. */
export interface Adoption {
  readonly schedule: string;
  readonly version: number;
  /** Everything is checked, and nothing done. */
  readonly isDryRun?: boolean;
}

/**
 * Signs a version off: it is in force from its day on. Resolves when the journal has it. Throws DispositionError
 * ('same-person') for one who is no operator, DatabaseError('not-found' or 'conflict') as `adoptSchedule` does.
 */
export async function adoptProposed(
  ports: JournalPorts,
  { isDryRun = false, ...named }: Adoption,
  actor: Actor,
): Promise<ScheduleVersion> {
  assertOperator(actor, 'Adopting a schedule');
  const adopted = await decideOrTry(ports.database, isDryRun, (client) =>
    adoptSchedule(client, named, actor.principalId),
  );
  if (!isDryRun) await exportDecision(ports);
  return adopted;
}
