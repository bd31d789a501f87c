/** Options that several commands have, and how their texts become values. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** `--json` on a command that shows something. */
export interface OutputOptions {
  readonly json?: boolean;
}

/** Options of a list. */
export interface ListOptions extends OutputOptions {
  readonly facility?: string;
  readonly device?: string;
  readonly limit: number;
  readonly before?: number;
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, as the admin API answers it');
}

export function withListOptions(command: Command): Command {
  return withJson(command)
    .option('--facility <code>', 'of this facility only')
    .option('--device <code>', 'of this device only')
    .option('--limit <n>', 'at most so many', numberOf, 100)
    .option('--before <id>', 'only those with a smaller id: the next page', numberOf);
}

/** For what cannot be undone. */
export function withYes(command: Command): Command {
  return withJson(command).addOption(
    new Option('--yes', 'do it; without it the command only says what it would do'),
  );
}

/** A whole number from 1 on. */
export function numberOf(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new InvalidArgumentError('It must be a number from 1 on.');
}

/** Bytes, or a number with KiB, MiB, GiB or TiB behind it. */
export function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,15}) ?(KiB|MiB|GiB|TiB)?$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (digits !== undefined && factor !== undefined) return Number(digits) * factor;
  throw new InvalidArgumentError('It must be a size: bytes, or a number with KiB, MiB, GiB or TiB.');
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
