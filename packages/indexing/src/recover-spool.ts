/** What dead processes left: unsealed spool files and unfinished uploads go, sealed segments become objects and rows. */
import { dirname } from 'node:path';
import { readIndexState } from '@sandyq/database';
import {
  type FileSystem,
  recoverSegment,
  removeOwnerFolder,
  type SealedSegment,
  sweepSpool,
} from '@sandyq/storage';
import type { ReplayPorts } from './replay/replay-ports.ts';
import { replaySegment } from './replay/replay-segment.ts';

export interface RecoverSpoolPorts extends ReplayPorts {
  readonly fileSystem: FileSystem;
}

/** The spool of this machine. */
export interface SpoolPlace {
  readonly directory: string;
  /** The folder of this process, left alone. */
  readonly ownOwner: string;
}

/** What was found in the spool, and removed or stored unless it was a dry run. */
export interface SpoolReport {
  /** Unsealed files of processes proved dead. */
  readonly removedFiles: number;
  /** Sealed segments of such processes. */
  readonly recovered: number;
}

/** Puts that were begun so long ago are given up; milliseconds. */
const UNFINISHED_AFTER_MS = 24 * 3_600_000;

/** Returns how many segments were recovered. */
export async function recoverSpool(ports: RecoverSpoolPorts, place: SpoolPlace): Promise<number> {
  return (await sweepDeadSpool(ports, place, false)).recovered;
}

/** Sweeps the spool once. Only folders of processes of this machine that are proved dead are touched. */
export async function sweepDeadSpool(
  ports: RecoverSpoolPorts,
  { directory, ownOwner }: SpoolPlace,
  dryRun: boolean,
): Promise<SpoolReport> {
  const { fileSystem, logger } = ports;
  const swept = await sweepSpool({ directory, fileSystem, except: [ownOwner], dryRun });
  const report = { removedFiles: swept.removedFiles, recovered: swept.sealed.length };
  if (dryRun) return report;
  for (const sealed of swept.sealed) {
    if (await storeOnce(ports, sealed)) await replayInTurn(ports, sealed);
  }
  // The sweep had to leave them, because of the sealed files that are gone now.
  const folders = new Set(swept.sealed.map(({ path }) => dirname(path)));
  for (const folder of folders) await removeOwnerFolder(fileSystem, folder);
  if (swept.damaged.length > 0) logger.error('spool-files-damaged', { files: swept.damaged.length });
  if (swept.removedFiles > 0 || swept.sealed.length > 0) {
    logger.info('spool-swept', {
      files: swept.removedFiles,
      bytes: swept.removedBytes,
      recovered: swept.sealed.length,
    });
  }
  return report;
}

/** Removes what puts left unfinished that were begun a day ago; returns how much. */
export async function removeUnfinishedPuts(
  { maintenance, logger }: Pick<ReplayPorts, 'maintenance' | 'logger'>,
  now: Date,
  signal?: AbortSignal,
): Promise<number> {
  const before = new Date(now.getTime() - UNFINISHED_AFTER_MS);
  const removed = await maintenance.removeUnfinished(before, signal);
  if (removed > 0) logger.info('unfinished-puts-removed', { removed });
  return removed;
}

/**
 * While the index is behind, whoever brings it up replays this one too, after what came before it: a newcomer that nobody
 * was told anything of must not take the SOP Instance UID of an instance that the index has forgotten.
 */
async function replayInTurn(ports: RecoverSpoolPorts, sealed: SealedSegment): Promise<void> {
  if (!(await readIndexState(ports.database)).isCaughtUp) return;
  await replaySegment(ports, sealed, { verify: 'everything' });
}

/** False if another process was quicker: a sealed file leaves the spool only when it is an object. */
async function storeOnce(
  { maintenance, fileSystem }: RecoverSpoolPorts,
  sealed: SealedSegment,
): Promise<boolean> {
  try {
    await recoverSegment(maintenance, sealed);
    await fileSystem.unlink(sealed.path);
    return true;
  } catch (error) {
    if ((await fileSystem.stat(sealed.path)) !== undefined) throw error;
    return false;
  }
}
