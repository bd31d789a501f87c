/** Comparisons of store and index, as the database keeps them. */
export {
  abandonPass,
  advancePass,
  beginPass,
  endPass,
  type LastPass,
  lastPasses,
  type PassHolder,
  type ReconcilePass,
  takeOpenPass,
} from './reconcile-pass.ts';
export {
  advanceReconcileRequest,
  endReconcileRequest,
  insertReconcileRequest,
  lastReconcileRequest,
  type ReconcileRequestRow,
  readReconcileRequest,
  releaseReconcileRequest,
  takeReconcileRequest,
} from './reconcile-requests.ts';
