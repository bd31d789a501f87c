// Who owns a folder of the spool, and whether that process is provably dead. A guess (an age, a missed heartbeat) is
// not a proof: a process paused for an hour still owns its files.
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { StorageError } from '../errors.ts';
import { JsonReader } from './json-reader.ts';

/** File in the owner's folder that says who it is. */
export const ownerFileName = 'owner.json';

/** What identifies a process beyond its number, which is used again. Undefined where the system doesn't tell. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process in clock ticks since the boot (field 22 of /proc/{pid}/stat). */
  readonly startTicks: string | undefined;
  /** Differs after each boot of the kernel (/proc/sys/kernel/random/boot_id). */
  readonly bootId: string | undefined;
  /** The pid counts in this namespace (/proc/self/ns/pid). */
  readonly pidNamespace: string | undefined;
  readonly machineId: string | undefined;
  readonly host: string;
}

/** What can be known of an owner: only `dead` is a proof. */
export type OwnerLiveness = 'alive' | 'dead' | 'unknown';

/** The identity of this process, from /proc. */
export async function currentProcess(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    startTicks: await startTicksOf(process.pid),
    bootId: await readTrimmed('/proc/sys/kernel/random/boot_id'),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => undefined),
    machineId: await readTrimmed('/etc/machine-id'),
    host: hostname(),
  };
}

/**
 * Judges an owner from this process. Dead is: a process of the same boot and pid namespace that is gone or whose
 * number another process has now; or any process of an earlier boot of the same machine (same machine id and host
 * name). All else, such as a process in another container, is alive or unknown.
 */
export async function livenessOnThisMachine(owner: ProcessIdentity): Promise<OwnerLiveness> {
  const self = await currentProcess();
  if (owner.bootId === undefined || self.bootId === undefined) return 'unknown';
  if (owner.bootId !== self.bootId) {
    const sameMachine = owner.machineId !== undefined && owner.machineId === self.machineId;
    return sameMachine && owner.host === self.host ? 'dead' : 'unknown';
  }
  const sameNamespace = owner.pidNamespace !== undefined && owner.pidNamespace === self.pidNamespace;
  if (!sameNamespace || owner.startTicks === undefined || self.startTicks === undefined) return 'unknown';
  return (await startTicksOf(owner.pid)) === owner.startTicks ? 'alive' : 'dead';
}

/** Content of the owner's file. */
export function encodeOwner(identity: ProcessIdentity): Buffer {
  return Buffer.from(`${JSON.stringify(identity)}\n`, 'utf8');
}

/** Reads the owner's file; undefined if it was never finished. */
export function parseOwner(bytes: Uint8Array): ProcessIdentity | undefined {
  try {
    const json = new JsonReader(JSON.parse(Buffer.from(bytes).toString('utf8')), ownerFileName);
    const text = (name: string) => json.field(name).optional((value) => value.text());
    return {
      pid: json.field('pid').count(),
      startTicks: text('startTicks'),
      bootId: text('bootId'),
      pidNamespace: text('pidNamespace'),
      machineId: text('machineId'),
      host: json.field('host').text(),
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof StorageError) return undefined;
    throw error;
  }
}

async function startTicksOf(pid: number): Promise<string | undefined> {
  const stat = await readTrimmed(`/proc/${pid}/stat`);
  // The name of the program is in parentheses and may hold anything; field 3 follows the last one.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

async function readTrimmed(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code))
    ) {
      return undefined;
    }
    throw error;
  }
}
