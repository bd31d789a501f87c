/** Results on the terminal: JSON for scripts, else words. */
import type { Administration, ExitCode, Terminal } from './administration.ts';
import type { OutputOptions } from './options.ts';

/** Prints `json` if it was asked for, else the words. */
export function show(
  terminal: Terminal,
  { json }: OutputOptions,
  value: object,
  words: () => string,
): ExitCode {
  terminal.print(json === true ? JSON.stringify(value, undefined, 2) : words());
  return 0;
}

/** Says what would be done and how to have it done. */
export function showPlan({ terminal }: Administration, plan: string): ExitCode {
  terminal.print(plan);
  terminal.note('Nothing was done. Repeat the command with --yes to do it.');
  return 1;
}
