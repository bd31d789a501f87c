/** `--execute`: what decides something is only described without it. */
import { type Command, Option } from 'commander';
import type { ExitCode, Terminal } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';

/** With it the command does what it says. */
export interface ExecuteOptions extends OutputOptions {
  readonly execute?: boolean;
}

export function withExecute(command: Command): Command {
  return withJson(command).addOption(
    new Option('--execute', 'do it; without it the command only says what it would do'),
  );
}

/** What a dry run is asked to print, if it is JSON. */
interface AskedOutput {
  readonly options: OutputOptions;
  readonly value: object;
}

/** Says what would be done and how to have it done. */
export function showDryRun(
  { terminal }: { readonly terminal: Terminal },
  words: string,
  asked?: AskedOutput,
): ExitCode {
  show(terminal, asked?.options ?? {}, asked?.value ?? {}, () => words);
  terminal.note('Nothing was done. Repeat the command with --execute to do it.');
  return 1;
}
