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
