/**
 * CPU time and memory of trees of processes, from /proc (Linux): an archive of any number of processes with its database
 * and the backends of that. Wall-clock of a shared machine lies, these don't.
 *
 * CPU time counts children that ended meanwhile (their parents waited for them). Memory is sampled: anonymous pages of every
 * process, and of processes that run the same program the largest share of mapped files and of shared memory once. Reading
 * it costs the watched processes nothing, which adding up their proportional shares (smaps) would.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessUse } from './bench-case.ts';

/** A watch that is on. */
export interface ProcessWatch {
  /** Ends it; what was used since it began. */
  stop(): ProcessUse;
}

/** What one process has used and holds. */
export interface ProcessSample {
  readonly parentPid: number;
  /** Its own, and that of its children that ended. */
  readonly cpuSeconds: number;
}

/** What a process has resident, in bytes. */
export interface ResidentShares {
  readonly anonymous: number;
  readonly files: number;
  readonly shared: number;
}

const EVERY_MS = 50;
/** Looking for new processes means reading all of /proc. */
const SAMPLES_PER_SEARCH = 20;
/** USER_HZ; the kernel's interface has it at 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Watches the trees of processes below these. Throws if one of them does not run. */
export function watchProcesses(roots: readonly number[]): ProcessWatch {
  let pids = descendants(roots);
  const before = cpuSeconds(pids);
  let peakBytes = residentBytesOf(pids);
  let samples = 0;
  const sample = () => {
    samples += 1;
    if (samples % SAMPLES_PER_SEARCH === 0) pids = descendants(roots);
    peakBytes = Math.max(peakBytes, residentBytesOf(pids));
  };
  const timer = setInterval(sample, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      pids = descendants(roots);
      sample();
      return { cpuSeconds: cpuSeconds(pids) - before, peakBytes };
    },
  };
}

/** The processes below these and they themselves. Throws if one of them does not run. */
export function descendants(roots: readonly number[]): number[] {
  const children = Map.groupBy(allProcesses(), ({ parentPid }) => parentPid);
  const found = [...roots];
  for (const pid of roots) {
    if (readSample(pid) === undefined) throw new Error(`process ${pid} does not run`);
  }
  for (let index = 0; index < found.length; index += 1) {
    for (const { pid } of children.get(found[index] ?? 0) ?? []) {
      if (!found.includes(pid)) found.push(pid);
    }
  }
  return found;
}

function allProcesses(): { readonly pid: number; readonly parentPid: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const sample = readSample(Number(name));
      return sample === undefined ? [] : [{ pid: Number(name), parentPid: sample.parentPid }];
    });
}

function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (readSample(pid)?.cpuSeconds ?? 0), 0);
}

function residentBytesOf(pids: readonly number[]): number {
  let anonymous = 0;
  const shareable = new Map<string, { files: number; shared: number }>();
  for (const pid of pids) {
    const shares = readOf(pid, 'status', parseStatus);
    if (shares === undefined) continue;
    anonymous += shares.anonymous;
    const program = readProgram(pid);
    const most = shareable.get(program);
    shareable.set(program, {
      files: Math.max(shares.files, most?.files ?? 0),
      shared: Math.max(shares.shared, most?.shared ?? 0),
    });
  }
  return [...shareable.values()].reduce((sum, { files, shared }) => sum + files + shared, anonymous);
}

function readSample(pid: number): ProcessSample | undefined {
  return readOf(pid, 'stat', parseStat);
}

/** /proc/PID/stat: the name in parentheses may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessSample {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Fields 14 to 17: its own user and system time, those of its children that were waited for. The third is fields[0].
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parentPid: Number(fields[1]), cpuSeconds: ticks / TICKS_PER_SECOND };
}

/** /proc/PID/status; a process that is ending has no memory any more. */
export function parseStatus(text: string): ResidentShares {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1_024;
  return { anonymous: bytes('RssAnon'), files: bytes('RssFile'), shared: bytes('RssShmem') };
}

/** Undefined if the process has ended. */
function readOf<T>(pid: number, file: 'stat' | 'status', parse: (text: string) => T): T | undefined {
  try {
    return parse(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
  } catch (error) {
    if (hasEnded(error)) return undefined;
    throw error;
  }
}

function readProgram(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return `process ${pid}`; // Ended, or another user's: it shares with nobody that is known.
  }
}

function hasEnded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
