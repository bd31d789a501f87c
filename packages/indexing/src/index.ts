/** From a segment in the object store to its rows and verdicts: see README.md. */
export { Directory } from './directory.ts';
export { indexSegment } from './index-segment.ts';
export type { Verdict } from './judge.ts';
export { type Fault, RefusedError } from './reception/fault.ts';
export {
  type ReceivedInstance,
  type Reception,
  type ReceptionPorts,
  type RefusedPart,
  receiveInstance,
} from './reception/receive-instance.ts';
export {
  type ReconcileOptions,
  type ReconcilePorts,
  type ReconcileReport,
  reconcile,
  replaySegment,
} from './reconcile.ts';
export { type RecoverSpoolPorts, recoverSpool } from './recover-spool.ts';
export { assumedCharacterSetOf, deviceOf, type Equipment, equipmentOf, type Sender } from './sender.ts';
export type { IndexingPorts, StoredInstance, StoredSegment } from './stored-segment.ts';
