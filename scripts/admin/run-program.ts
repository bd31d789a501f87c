/** Runs a command line of the archive, and says in words what a person can act on. */
import { DatabaseError } from '@sandyq/database';
import { isDispositionError } from '@sandyq/disposition';
import { SettingsError } from '@sandyq/http';
import { explain, InvalidInputError } from '@sandyq/index';
import { OperatorError } from '@sandyq/service';
import { StandaloneError } from '@sandyq/standalone';
import { isStorageError } from '@sandyq/storage';
import { type Command, CommanderError } from 'commander';
import { UserFileError } from '../terminal/user-path.ts';

const DATABASE_HINT = 'Is it running, and is DATABASE_URL right?';

/** The exit code, if it failed: 1: not done, and said why; 2: not understood. */
export async function runProgram(program: Command): Promise<number | undefined> {
  throwInsteadOfExiting(program);
  try {
    await program.parseAsync();
    return undefined;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has spoken
  const message = messageOf(error);
  if (message === undefined) throw error;
  console.error(`\n${message}\n`);
  const isNotUnderstood =
    error instanceof SettingsError ||
    error instanceof InvalidInputError ||
    (isDispositionError(error) && error.code === 'bad-input');
  return isNotUnderstood ? 2 : 1;
}

/** What a person can act on; anything else is a fault of the program and shows its stack. */
function messageOf(error: unknown): string | undefined {
  const explained = explain(error);
  if (explained !== undefined) return explained;
  const isForPeople =
    error instanceof SettingsError ||
    error instanceof StandaloneError ||
    error instanceof OperatorError ||
    error instanceof UserFileError ||
    isStorageError(error);
  if (isForPeople) return error.message;
  if (error instanceof DatabaseError) {
    return error.retryable
      ? `The database cannot be used: ${error.message}. ${DATABASE_HINT}`
      : error.message;
  }
  // Of the operating system: a file that cannot be written, a folder that may not be read.
  return error instanceof Error && 'syscall' in error ? error.message : undefined;
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  for (const one of command.commands) throwInsteadOfExiting(one);
}
