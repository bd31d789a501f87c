/**
 * What lines about retention change in a database that did not know them: registers, schedules, holds, plans, rejections
 * and dispositions, by natural names. What is known already stays as it is.
 */
import type { JournalLine, RetentionFacts, RetentionLine } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import {
  applyCertificateIssued,
  applyHoldPlaced,
  applyHoldReleased,
  applyPlanApproved,
  applyPlanWithdrawn,
  applyScheduleAdopted,
} from './journal-retention-decisions.ts';
import { applyInstancesDisposed, applyPurgeBegun } from './journal-retention-dispositions.ts';
import {
  applyDeviceChanged,
  applyFacilityChanged,
  applyPatientFactRegistered,
  applyPatientFactWithdrawn,
  applyPatientLinkDecided,
  applyProgrammeRegistered,
  applyProgrammeWithdrawn,
} from './journal-retention-registers.ts';
import { applyInstancesRejected, applyInstancesRestored } from './journal-retention-rejections.ts';

type Kind = keyof RetentionFacts;

/** Applies facts of a kind; resolves with false where it was not. */
type Apply<Of extends Kind> = (
  client: Queryable,
  fact: RetentionFacts[Of],
  decided: Pick<JournalLine, 'decidedBy' | 'occurredAt'>,
) => Promise<unknown>;

const appliers: { readonly [Of in Kind]: Apply<Of> } = {
  'facility-changed': applyFacilityChanged,
  'device-changed': applyDeviceChanged,
  'patient-fact-registered': applyPatientFactRegistered,
  'patient-fact-withdrawn': applyPatientFactWithdrawn,
  'patient-link-decided': applyPatientLinkDecided,
  'programme-registered': applyProgrammeRegistered,
  'programme-withdrawn': applyProgrammeWithdrawn,
  'schedule-adopted': applyScheduleAdopted,
  'hold-placed': applyHoldPlaced,
  'hold-released': applyHoldReleased,
  'instances-rejected': applyInstancesRejected,
  'instances-restored': applyInstancesRestored,
  'plan-approved': applyPlanApproved,
  'plan-withdrawn': applyPlanWithdrawn,
  'purge-begun': applyPurgeBegun,
  'instances-disposed': applyInstancesDisposed,
  'certificate-issued': applyCertificateIssued,
};

/** Within the transaction that takes the line over. False: what it builds upon is not known here, so nothing was done. */
export async function applyRetentionLine(client: Queryable, line: RetentionLine): Promise<boolean> {
  return (await applyOf(client, line)) !== false;
}

function applyOf<Of extends Kind>(
  client: Queryable,
  line: Pick<JournalLine, 'decidedBy' | 'occurredAt'> & {
    readonly kind: Of;
    readonly fact: RetentionFacts[Of];
  },
): Promise<unknown> {
  return appliers[line.kind](client, line.fact, line);
}
