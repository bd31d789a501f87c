/** The resident memory of an archive's own processes while something goes on, from /proc (Linux); not of its database. */
import { readFileSync, readlinkSync } from 'node:fs';
import { descendants } from './process-sampler.ts';

/** Samples until `stop`, which returns the most there was, in bytes. */
export function watchResidentMemory(pid: number, everyMs = 20): { readonly stop: () => number } {
  const pids = samePrograms(pid);
  let most = sumOf(pids);
  const timer = setInterval(() => {
    most = Math.max(most, sumOf(pids));
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(most, sumOf(pids));
    },
  };
}

/** VmRSS in bytes of a living process and of those below it that run the same program. */
export function residentBytes(pid: number): number {
  return sumOf(samePrograms(pid));
}

/** The process itself first; those below it may end at any moment. */
function samePrograms(root: number): readonly number[] {
  const program = programOf(root);
  return descendants([root]).filter((pid) => programOf(pid) === program);
}

function sumOf([root = 0, ...others]: readonly number[]): number {
  const own = residentBytesOf(root);
  if (own === undefined) throw new Error(`process ${root} has no resident memory`);
  return others.reduce((sum, pid) => sum + (residentBytesOf(pid) ?? 0), own);
}

function residentBytesOf(pid: number): number | undefined {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(
    unlessEnded(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '',
  )?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
}

function programOf(pid: number): string | undefined {
  return unlessEnded(() => readlinkSync(`/proc/${pid}/exe`));
}

/** Undefined where a process has ended, or is another user's. */
function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
