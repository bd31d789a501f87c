/** What dead ingest processes left in the spool: unsealed files go, sealed segments become objects and rows. */
import { type FileSystem, recoverSegment, type SealedSegment, sweepSpool } from '@sandyq/storage';
import { type ReconcilePorts, replaySegment } from './reconcile.ts';

export interface RecoverSpoolPorts extends ReconcilePorts {
  readonly fileSystem: FileSystem;
}

/** `ownOwner`: the folder of this process, left alone. Returns how many segments were recovered. */
export async function recoverSpool(
  ports: RecoverSpoolPorts,
  { directory, ownOwner }: { directory: string; ownOwner: string },
): Promise<number> {
  const { fileSystem, logger } = ports;
  const swept = await sweepSpool({ directory, fileSystem, except: [ownOwner] });
  for (const sealed of swept.sealed) {
    if (await storeOnce(ports, sealed)) await replaySegment(ports, sealed);
  }
  if (swept.damaged.length > 0) logger.error('spool-files-damaged', { files: swept.damaged.length });
  if (swept.removedFiles > 0 || swept.sealed.length > 0) {
    logger.info('spool-swept', {
      files: swept.removedFiles,
      bytes: swept.removedBytes,
      recovered: swept.sealed.length,
    });
  }
  return swept.sealed.length;
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
