/** Index: the Search transactions, the admin API and the work in the background. See README.md. */
export { type MadeApiKey, makeApiKey } from './admin/api-key-routes.ts';
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
export {
  InvalidInputError,
  newApiKeySchema,
  newDeviceSchema,
  newFacilitySchema,
  newIssuerSchema,
  parseInput,
} from './admin/new-principals.ts';
export { quarantinePorts, reconcilePorts } from './admin/ports.ts';
export { RECONCILE_MINIMUM_AGE_MS } from './admin/reconcile-route.ts';
export { explain } from './admin/refusal.ts';
export { mountIndex } from './mount-index.ts';
