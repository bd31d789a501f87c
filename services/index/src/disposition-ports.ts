/** What the package of disposition works with, made from what the archive has open. */
import {
  type CertificatePorts,
  DispositionError,
  type ExecutionPorts,
  moveStudyToCold,
  openSigningKey,
  type PurgePorts,
} from '@sandyq/disposition';
import type { Archive } from '@sandyq/service';
import { coldTierPorts } from './keep-cold-tier.ts';

/** For what was begun. */
export function purgePorts(archive: Archive): PurgePorts {
  const { database, store, maintenance, replica, coldTier, spool, logger } = archive;
  return { database, store, maintenance, replica, coldTier, spool, logger, now: () => new Date() };
}

/** For the execution of plans. */
export function executionPorts(archive: Archive): ExecutionPorts {
  const cold = coldTierPorts(archive);
  return {
    ...purgePorts(archive),
    newId: archive.newId,
    graceDays: archive.settings.retentionGraceDays,
    moveToColdTier: cold && ((study, signal) => moveStudyToCold(cold, study, signal)),
  };
}

const NO_KEY =
  'No signing key is named, and a plan is not carried out without a certificate: set SANDYQ_SIGNING_KEY to a file, ' +
  'e.g. made by "openssl genpkey -algorithm ed25519 -out signing-key.pem".';

/** For certificates. Throws DispositionError('bad-input') where there is no key to sign them with. */
export async function certificatePorts(archive: Archive): Promise<CertificatePorts> {
  const { signingKey, backupDays } = archive.settings;
  if (signingKey === undefined) throw new DispositionError('bad-input', NO_KEY);
  return {
    ...purgePorts(archive),
    newId: archive.newId,
    signingKey: await openSigningKey(signingKey),
    hasReplica: archive.replica !== undefined,
    backupDays,
  };
}
