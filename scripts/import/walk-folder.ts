/** The files of a folder and of the folders in it, in the order of their names, one at a time. */
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';

/** A regular file. */
export interface FoundFile {
  /** As it is opened. */
  readonly path: string;
  /** From the folder that was given, with `/`: as it is shown. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** What is no regular file or cannot be read is told of and left out. */
export type OnSkipped = (name: string, reason: 'not-a-regular-file' | 'not-readable') => void;

/**
 * Walks depth first; a file that is given instead of a folder comes alone. Memory grows with the longest folder, not with the
 * number of files. Symbolic links are not followed.
 */
export async function* walkFolder(folder: string, onSkipped: OnSkipped): AsyncGenerator<FoundFile> {
  const given = await stat(folder);
  if (given.isFile()) yield { path: folder, name: path.basename(folder), sizeBytes: given.size };
  else yield* walk(folder, '', onSkipped);
}

async function* walk(folder: string, prefix: string, onSkipped: OnSkipped): AsyncGenerator<FoundFile> {
  for (const entry of await sortedEntries(folder, prefix, onSkipped)) {
    const name = `${prefix}${entry.name}`;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* walk(full, `${name}/`, onSkipped);
    } else if (entry.isFile()) {
      const found = await stat(full).catch(() => undefined);
      if (found === undefined) onSkipped(name, 'not-readable');
      else yield { path: full, name, sizeBytes: found.size };
    } else {
      onSkipped(name, 'not-a-regular-file');
    }
  }
}

/** The folder that was given must be readable; one inside it that is not is left out. */
async function sortedEntries(folder: string, prefix: string, onSkipped: OnSkipped) {
  try {
    const entries = [];
    for await (const entry of await opendir(folder)) entries.push(entry);
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (prefix === '') throw error;
    onSkipped(prefix.slice(0, -1), 'not-readable');
    return [];
  }
}

/** Counts files and bytes of a walk; the sum so far is told of every hundred files, and at the end. */
export async function countFiles(
  folder: string,
  onCount: (files: number, bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let files = 0;
  let bytes = 0;
  for await (const { sizeBytes } of walkFolder(folder, () => undefined)) {
    if (signal.aborted) return;
    files += 1;
    bytes += sizeBytes;
    if (files % 100 === 0) onCount(files, bytes);
  }
  onCount(files, bytes);
}
