// Clears up after processes that are dead: removes unsealed spool files, and finds the sealed ones.
import { join } from 'node:path';
import { isStorageError } from '../errors.ts';
import type { DirectoryEntry, FileSystem } from '../file-system/file-system.ts';
import { readRange, type SegmentBytes, withFileBytes } from './segment-bytes.ts';
import { buildSegmentKey } from './segment-key.ts';
import { removeOwnerFolder } from './segment-spool.ts';
import type { SealedSegment } from './segment-writer.ts';
import {
  livenessOnThisMachine,
  type OwnerLiveness,
  ownerFileName,
  type ProcessIdentity,
  parseOwner,
} from './spool-owner.ts';
import { verifyBytes } from './verify-segment.ts';

/** What a sweep needs. */
export interface SweepSpoolOptions {
  /** The spool folder of `SegmentSpool`. */
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** Owners that are left alone without being judged: the sweeper itself. */
  readonly except?: readonly string[];
  /** Say what would be removed, remove nothing. */
  readonly dryRun?: boolean;
  /**
   * Judges an owner; only `dead` is swept. A caller that knows more, e.g. one that holds the only lock on the data
   * folder, can say more. Default: {@link livenessOnThisMachine}.
   */
  readonly livenessOf?: (identity: ProcessIdentity, owner: string) => Promise<OwnerLiveness>;
}

/** What a sweep did, or would have done. */
export interface SweepReport {
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** Sealed segments of dead owners, verified to the last byte. They stay: see {@link sweepSpool}. */
  readonly sealed: readonly SealedSegment[];
  /** Sealed files that are no whole segment any more: the disk is at fault. They stay for a person to look at. */
  readonly damaged: readonly string[];
  /** Owners whose files were left alone. */
  readonly kept: readonly { readonly owner: string; readonly liveness: 'alive' | 'unknown' }[];
}

/**
 * Removes what owners proved dead left unsealed, and loose files, which only a sealed object or a quarantine object
 * would have made count: nothing of it was ever acknowledged. A *sealed* segment is never removed, although it was
 * not acknowledged either: the caller stores it (`recoverSegment`: success if it is stored already) and removes its
 * file, and the object is replayed as any that the database does not know.
 */
export async function sweepSpool(options: SweepSpoolOptions): Promise<SweepReport> {
  const { directory, fileSystem, except = [], dryRun = false } = options;
  const sweep = new Sweep(fileSystem, dryRun);
  for (const { name: owner, kind } of await namesIn(fileSystem, directory)) {
    if (kind !== 'directory' || except.includes(owner)) continue;
    const liveness = await judge(options, owner);
    if (liveness === 'dead') await sweep.sweepFolder(join(directory, owner));
    else sweep.kept.push({ owner, liveness });
  }
  return sweep;
}

async function judge(options: SweepSpoolOptions, owner: string): Promise<OwnerLiveness> {
  const identity = await readOwner(options.fileSystem, join(options.directory, owner, ownerFileName));
  return identity === undefined ? 'unknown' : (options.livenessOf ?? livenessOnThisMachine)(identity, owner);
}

/** Who owns the folder; undefined if its file was never finished: then no spool file was begun in it either. */
async function readOwner(fileSystem: FileSystem, path: string): Promise<ProcessIdentity | undefined> {
  const read = (source: SegmentBytes) => readRange(source, { offset: 0, length: source.size });
  const bytes = await orUndefined(withFileBytes(fileSystem, path, read));
  return bytes === undefined ? undefined : parseOwner(bytes);
}

/** The names in a folder; none if another sweeper has removed it, or there is no spool yet. */
async function namesIn(fileSystem: FileSystem, folder: string): Promise<readonly DirectoryEntry[]> {
  return (await orUndefined(fileSystem.readdir(folder))) ?? [];
}

/** The result, or undefined for what is not there (any more). */
async function orUndefined<Result>(operation: Promise<Result>): Promise<Result | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isStorageError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** One sweep, and its report. */
class Sweep implements SweepReport {
  removedFiles = 0;
  removedBytes = 0;
  readonly sealed: SealedSegment[] = [];
  readonly damaged: string[] = [];
  readonly kept: { owner: string; liveness: 'alive' | 'unknown' }[] = [];
  readonly #fileSystem: FileSystem;
  readonly #dryRun: boolean;

  constructor(fileSystem: FileSystem, dryRun: boolean) {
    this.#fileSystem = fileSystem;
    this.#dryRun = dryRun;
  }

  async sweepFolder(folder: string): Promise<void> {
    for (const { name, kind } of await namesIn(this.#fileSystem, folder)) {
      const path = join(folder, name);
      if (kind !== 'file' || name === ownerFileName) continue;
      if (name.endsWith('.tar')) await this.#examine(path);
      else await this.#remove(path);
    }
    if (!this.#dryRun) await removeOwnerFolder(this.#fileSystem, folder);
  }

  async #examine(path: string): Promise<void> {
    const { segment, faults } = await withFileBytes(this.#fileSystem, path, (source) => verifyBytes(source));
    if (segment === undefined || faults.length > 0) {
      this.damaged.push(path);
      return;
    }
    const { receipt, receiptSha256, size } = segment;
    const key = buildSegmentKey(receipt.studyInstanceUid, receipt.segmentId, receiptSha256);
    this.sealed.push({ id: receipt.segmentId, key, path, size, receipt, receiptSha256 });
  }

  async #remove(path: string): Promise<void> {
    const stat = await this.#fileSystem.stat(path);
    const remove = this.#dryRun ? Promise.resolve() : this.#fileSystem.unlink(path);
    const removed = await orUndefined(remove.then(() => true));
    this.removedFiles += removed === undefined ? 0 : 1;
    this.removedBytes += removed === undefined ? 0 : (stat?.size ?? 0);
  }
}
