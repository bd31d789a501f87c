/** From a segment in the object store to its rows and verdicts: see README.md. */
export { Directory } from './directory.ts';
export { QuarantineError, type QuarantineErrorCode } from './errors.ts';
export { indexSegment } from './index-segment.ts';
export type { Verdict } from './judge.ts';
export { type Accepted, acceptQuarantined } from './quarantine/accept-quarantined.ts';
export { clearQuarantineLeftovers } from './quarantine/clear-leftovers.ts';
export { type Discarded, discardQuarantined } from './quarantine/discard-quarantined.ts';
export { type Exported, exportQuarantined } from './quarantine/export-quarantined.ts';
export type { QuarantinePorts } from './quarantine/quarantine-ports.ts';
export { assertKeptWhole, type KeptBytes, readKept } from './quarantine/read-kept.ts';
export { type Replaced, replaceByQuarantined } from './quarantine/replace-by-quarantined.ts';
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
