/** What dead ingest processes left in the spool: unsealed files go, sealed segments become objects and rows. */
import { type FileSystem, recoverSegment, sweepSpool } from '@sandyq/storage';
import { type ReconcilePorts, replaySegment } from './reconcile.ts';

export interface RecoverSpoolPorts extends ReconcilePorts {
  readonly fileSystem: FileSystem;
}

/** `ownOwner`: the folder of this process, left alone. Returns how many segments were recovered. */
export async function recoverSpool(
  ports: RecoverSpoolPorts,
  { directory, ownOwner }: { directory: string; ownOwner: string },
): Promise<number> {
  const { fileSystem, logger, maintenance } = ports;
  const swept = await sweepSpool({ directory, fileSystem, except: [ownOwner] });
  for (const sealed of swept.sealed) {
    await recoverSegment(maintenance, sealed);
    await fileSystem.unlink(sealed.path);
    await replaySegment(ports, sealed);
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
