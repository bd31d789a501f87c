/**
 * Gives a SOP Instance UID to the newcomer in quarantine (design §2.5d). The instance that held it is not lost: its
 * bytes become a quarantine entry of state `replaced`.
 */
import {
  commitDecided,
  decideQuarantined,
  type ExistingInstance,
  findQuarantined,
  type Quarantined,
  readExisting,
  removeInstance,
} from '@sandyq/database';
import { QuarantineError } from '../errors.ts';
import { segmentCommitOf } from '../index-segment.ts';
import { exportDecision } from '../journal/export-journal.ts';
import { assertIndexCaughtUp } from '../journal/index-readiness.ts';
import { settleFounders } from '../replay/settle-founders.ts';
import { openKeptInstance, senderOfKept } from './kept-instance.ts';
import { lookingAgain } from './look-again.ts';
import { assertNotTakenAway } from './not-taken-away.ts';
import { originOf } from './origin-of-instance.ts';
import { openEntryOf, type QuarantinePorts } from './quarantine-ports.ts';
import { stillRefused } from './receive-again.ts';

export interface Replaced {
  readonly quarantineId: number;
  /** The entry that lists the bytes of the instance that was replaced; undefined only after a repeat. */
  readonly replacedQuarantineId: number | undefined;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  /** The newcomer is stored but held out of search and retrieval: its study belongs to another patient. */
  readonly isHeld: boolean;
}

/**
 * Everything changes in one transaction, or nothing. Throws QuarantineError, StorageError, DatabaseError;
 * JournalError('not-exported') where it is replaced, and the store does not know yet.
 */
export async function replaceByQuarantined(
  ports: QuarantinePorts,
  quarantineId: number,
  decidedBy: string,
): Promise<Replaced> {
  await assertIndexCaughtUp(ports);
  const replaced = await lookingAgain(() => replace(ports, quarantineId, decidedBy));
  await exportDecision(ports);
  // Its study or its series may have been known by the instance that was taken out.
  await settleFounders(ports);
  return replaced;
}

async function replace(ports: QuarantinePorts, quarantineId: number, decidedBy: string): Promise<Replaced> {
  const quarantined = await openEntryOf(ports, quarantineId);
  await assertNotTakenAway(ports, quarantined);
  const existing = await holderOf(ports, quarantined);
  const { instance, segment } = await openKeptInstance(ports, quarantined);
  const sender = await senderOfKept(ports.directory, quarantined);
  const commit = await segmentCommitOf(ports, sender, segment, [instance]);
  const origin = await originOf(ports, existing);
  let replacedQuarantineId: number | undefined;
  const outcome = await commitDecided(ports.database, commit, {
    first: async (client) => {
      // A repeat after a COMMIT of unknown outcome finds everything done.
      if ((await findQuarantined(client, quarantineId))?.state !== 'open') return;
      const now = ports.now();
      replacedQuarantineId = await removeInstance(client, existing, { quarantineId, decidedBy, now, origin });
    },
    decide: async (client, { kind }) => {
      if (kind === 'facility-conflict') throw foreignStudy(quarantined);
      await decideQuarantined(client, { quarantineId, state: 'accepted', decidedBy });
    },
  });
  if (outcome.kind === 'failed') {
    throw stillRefused(quarantined, 'the index cannot hold a value of the data set');
  }
  return {
    quarantineId,
    replacedQuarantineId,
    studyInstanceUid: commit.studyInstanceUid,
    sopInstanceUid: instance.entry.sopInstanceUid,
    isHeld: outcome.kind === 'identity-conflict',
  };
}

/** The instance that is to be replaced. */
async function holderOf({ database }: QuarantinePorts, quarantined: Quarantined): Promise<ExistingInstance> {
  const { quarantineId, reason, crc32, sopInstanceUid, sha256 } = quarantined;
  const uid = reason === 'duplicate-sop-instance' && crc32 !== undefined ? sopInstanceUid : undefined;
  const holder = uid === undefined ? undefined : (await readExisting(database, [uid])).get(uid);
  if (holder === undefined || holder.sha256.equals(sha256)) {
    throw new QuarantineError(
      'nothing-to-replace',
      `Quarantine entry ${quarantineId} (${reason}) stands against no other instance: use "accept".`,
    );
  }
  if (holder.state === 'active' || holder.state === 'identity-conflict') return holder;
  throw new QuarantineError(
    'nothing-to-replace',
    `Quarantine entry ${quarantineId}: the instance of its SOP Instance UID was ${holder.state}; the UID stays taken.`,
  );
}

function foreignStudy({ quarantineId }: Quarantined): QuarantineError {
  return new QuarantineError(
    'nothing-to-replace',
    `Quarantine entry ${quarantineId}: its study belongs to a patient of another facility; nothing was changed.`,
  );
}
