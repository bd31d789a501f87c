/**
 * The lock of what registers and people say: patients' facts and links, programmes, regions, and which schedule is adopted.
 * Who decides on a study shares it, who writes has it alone: what a decision did not see was written after it.
 */
import type { Queryable } from '../database.ts';

/** Any constant of its own. */
const REGISTERS_LOCK = 7_214_018;

/** Until the transaction ends nothing is written to registers. Call it after the study is locked. */
export async function shareRegisters(client: Queryable): Promise<void> {
  await client.query({
    name: 'share-registers',
    text: 'select pg_advisory_xact_lock_shared($1)',
    values: [REGISTERS_LOCK],
  });
}

/** Waits for the decisions that do not see what is going to be written. Call it before anything else is locked, and lock no study after it. */
export async function lockRegisters(client: Queryable): Promise<void> {
  await client.query({
    name: 'lock-registers',
    text: 'select pg_advisory_xact_lock($1)',
    values: [REGISTERS_LOCK],
  });
}
