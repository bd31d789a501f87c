/** What every process of the archive opens before it serves. */
export {
  type Archive,
  DEFAULT_FACILITY_CODE,
  type OpenArchiveOptions,
  openArchive,
  openObjectStore,
} from './open-archive.ts';
export { type ColdTier, openColdStore } from './open-cold-tier.ts';
export { assertStillOperator, OperatorError, operatorOf } from './operators.ts';
export type { PlaceWithLocks } from './places-with-locks.ts';
export type { Peers } from './processes/peers.ts';
export { type Mounted, type ServiceDefinition, startService } from './start-service.ts';
