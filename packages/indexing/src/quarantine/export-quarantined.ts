/** Writes the bytes that quarantine kept to a file, verified; under its name the file is whole or not there. */
import { randomUUID } from 'node:crypto';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Quarantined } from '@sandyq/database';
import { QuarantineError } from '../errors.ts';
import { readQuarantined } from './look-again.ts';
import { entryOf, type ReadingPorts } from './quarantine-ports.ts';

export interface Exported {
  readonly quarantineId: number;
  readonly path: string;
  readonly size: number;
}

/** Throws QuarantineError('not-kept' | 'file-exists' | 'not-found') and StorageError. */
export async function exportQuarantined(
  ports: ReadingPorts,
  quarantineId: number,
  path: string,
): Promise<Exported> {
  const entry = await entryOf(ports, quarantineId);
  if (entry.state === 'discarded') {
    throw new QuarantineError('not-kept', `The bytes of quarantine entry ${quarantineId} were discarded.`);
  }
  const unfinished = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  try {
    await writeDurably(ports, entry, unfinished);
    await nameFinally(unfinished, path);
  } finally {
    await removeIfThere(unfinished);
  }
  return { quarantineId, path, size: entry.entryLength };
}

async function writeDurably(ports: ReadingPorts, kept: Quarantined, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of readQuarantined(ports, kept)) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A link never overwrites; file systems without links are asked first. */
async function nameFinally(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || (await isThere(path))) {
      throw new QuarantineError('file-exists', `${path} is there already: choose another name.`);
    }
    if (!WITHOUT_LINKS.has(codeOf(error))) throw error;
    await rename(unfinished, path);
  }
}

const WITHOUT_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
