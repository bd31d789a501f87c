/** The resident memory of a process while something goes on, from /proc (Linux). */
import { readFileSync } from 'node:fs';

/** Samples VmRSS until `stop`, which returns the most there was, in bytes. */
export function watchResidentMemory(pid: number, everyMs = 20): { readonly stop: () => number } {
  let most = residentBytes(pid);
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(most, residentBytes(pid));
    },
  };
}

/** VmRSS of a living process in bytes. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kibibytes) * 1_024;
}
