/** What is sent under the SOP Instance UID of an instance that was rejected or disposed of: kept, and not accepted. */
import { disposedInstances, type ExistingInstance, type Queryable } from '@sandyq/database';
import type { Fault } from './reception/fault.ts';

/** The instance of the UID is hidden: what comes under it waits beside it (IHE RAD TF-3 §4.66.4.1.3). */
export const REJECTED: Fault = {
  reason: 'rejected-instance',
  message: 'the instance of this SOP Instance UID was rejected',
};

/** The instance of the UID is gone for good, and the UID stays its own. */
export function disposedOn(day: Date): Fault {
  return {
    reason: 'disposed-instance',
    message: `the instance of this SOP Instance UID was disposed of on ${day.toISOString().slice(0, 10)}`,
  };
}

/** Why nothing is accepted under this UID; `holder`: what holds it. Undefined where nothing speaks against it. */
export async function faultOfTakenAway(
  client: Queryable,
  sopInstanceUid: string,
  holder: ExistingInstance | undefined,
): Promise<Fault | undefined> {
  if (holder !== undefined) return holder.state === 'rejected' ? REJECTED : undefined;
  const disposedAt = (await disposedInstances(client, [sopInstanceUid])).get(sopInstanceUid);
  return disposedAt && disposedOn(disposedAt);
}
