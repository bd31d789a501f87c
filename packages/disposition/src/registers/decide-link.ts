/** Decides whether two patients are one person, and shows or holds out again what follows from it. */
import {
  decidePatientLink,
  type PatientLinkDecision,
  type SettledConflicts,
  settleConflicts,
} from '@sandyq/database';
import { exportDecision } from '@sandyq/indexing';
import type { Actor } from '../actor.ts';
import { readPatient } from './read-registration.ts';
import type { RegisterPorts } from './register-ports.ts';

/**
 * Decides on a link. Instances that were held out because they name the other patient are shown once it is confirmed; should
 * this end in between, the index service does it. Throws DispositionError('bad-input'), DatabaseError('not-found') for a
 * patient that there is not, 'conflict' where other links stand against it.
 */
export async function decideLink(
  ports: RegisterPorts,
  { one, other, state }: PatientLinkDecision,
  { principalId }: Actor,
): Promise<SettledConflicts> {
  const decision = { one: readPatient(one), other: readPatient(other), state };
  await ports.database.inTransaction((client) => decidePatientLink(client, decision, principalId));
  await exportDecision(ports);
  const settled = await settleConflicts(ports.database, { now: ports.now });
  ports.logger.info('patient-link-decided', { state, ...settled });
  return settled;
}
