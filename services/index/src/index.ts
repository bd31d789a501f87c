/** Index: the Search transactions, the admin API and the work in the background. See README.md. */
export { type MadeApiKey, makeApiKey } from './admin/api-key-routes.ts';
export { type DamageQuery, describeDamage } from './admin/damage-route.ts';
export {
  describeApiKey,
  describeCorrection,
  describeDevice,
  describeDeviceCheck,
  describeFacility,
  describeIdentityConflict,
  describeIssuer,
  describeQuarantined,
  type Names,
  namesOf,
} from './admin/descriptions.ts';
export { readNames } from './admin/directory-routes.ts';
export { type DescribedJournal, describeJournal } from './admin/journal-route.ts';
export {
  InvalidInputError,
  newApiKeySchema,
  newDeviceSchema,
  newFacilitySchema,
  newIssuerSchema,
  parseInput,
} from './admin/new-principals.ts';
export { discardPorts, quarantinePorts, reconcilePorts } from './admin/ports.ts';
export { explain } from './admin/refusal.ts';
export { type DescribedReplication, describeReplication } from './admin/replication-route.ts';
export { type DescribedColdTier, describeColdTier } from './admin/retention/describe-cold-tier.ts';
export { describeHold } from './admin/retention/hold-routes.ts';
export { candidatesPage, describeLink, parseCandidateCursor } from './admin/retention/link-routes.ts';
export { describeFact, describeProgramme } from './admin/retention/register-routes.ts';
export { describeRejection, rejectionPorts } from './admin/retention/rejection-routes.ts';
export { compactionPorts } from './compact-segments.ts';
export { certificatePorts, executionPorts, purgePorts } from './disposition-ports.ts';
export { coldTierPorts } from './keep-cold-tier.ts';
export { mountIndex } from './mount-index.ts';
export { RECONCILE_MINIMUM_AGE_MS, reconcileArchive } from './reconcile-archive.ts';
export { replicaTarget } from './replicate-objects.ts';
export { supersedeSegments } from './supersede-segments.ts';
