// The conformance suite of the object store port: every adapter and every wrapper runs it, and adapters that are wrong
// in one way each are shown to fail it. It knows no test runner: a case is a name and a function that rejects.
import type { StoreCase } from './store-case.ts';
import { deleteCases, maintenanceCases } from './suite-delete.ts';
import { listCases } from './suite-list.ts';
import { putCases } from './suite-put.ts';
import { readCases } from './suite-read.ts';

/**
 * All cases. Use: `for (const { name, run } of objectStoreCases) it(name, async () => run(await newHarness()))`.
 * `maintenance` cases run where the store has `settle` and `removeUnfinished`, and hold trivially elsewhere.
 */
export const objectStoreCases: readonly StoreCase[] = [
  ...putCases,
  ...readCases,
  ...listCases,
  ...deleteCases,
  ...maintenanceCases,
];
