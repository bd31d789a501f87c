/**
 * `npm run admin -- …`: who sends, who may do what, and what waits for a decision. Works beside a running archive,
 * without one, and on a split one (DATABASE_URL, S3_*). Exit code 0: done; 1: not done, and said why; 2: not understood.
 */
import { DatabaseError } from '@sandyq/database';
import { SettingsError } from '@sandyq/http';
import { explain, InvalidInputError } from '@sandyq/index';
import { StandaloneError } from '@sandyq/standalone';
import { isStorageError } from '@sandyq/storage';
import { Command, CommanderError } from 'commander';
import { administer, type Run, type Terminal } from './admin/administration.ts';
import { apiKeyCommand } from './admin/api-key-command.ts';
import { backupCommand } from './admin/backup-command.ts';
import { compactCommand } from './admin/compaction-command.ts';
import { damageCommand } from './admin/damage-command.ts';
import { deviceCommand } from './admin/device-command.ts';
import { facilityCommand, issuerCommand } from './admin/facility-command.ts';
import { identityConflictsCommand, proposedCorrectionsCommand } from './admin/held-back-command.ts';
import { journalCommand } from './admin/journal-command.ts';
import { quarantineCommand } from './admin/quarantine-command.ts';
import { reconcileCommand } from './admin/reconcile-command.ts';
import { replicationCommand } from './admin/replication-command.ts';

const DATABASE_HINT = 'Is it running, and is DATABASE_URL right?';

const terminal: Terminal = { print: (text) => console.log(text), note: (text) => console.error(text) };

const run: Run = async (work) => {
  process.exitCode = await administer(process.env, terminal, work);
};

const program = new Command('npm run admin --').description('Administration of the archive');
for (const command of [
  facilityCommand(run),
  issuerCommand(run),
  deviceCommand(run),
  apiKeyCommand(run),
  quarantineCommand(run),
  journalCommand(run),
  identityConflictsCommand(run),
  proposedCorrectionsCommand(run),
  reconcileCommand(run),
  damageCommand(run),
  compactCommand(run),
  replicationCommand(run),
  backupCommand(run, terminal, (code) => {
    process.exitCode = code;
  }),
]) {
  program.addCommand(command);
}
throwInsteadOfExiting(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = failed(error);
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has spoken
  const message = messageOf(error);
  if (message === undefined) throw error;
  console.error(`\n${message}\n`);
  return error instanceof SettingsError || error instanceof InvalidInputError ? 2 : 1;
}

/** What a person can act on; anything else is a fault of the program and shows its stack. */
function messageOf(error: unknown): string | undefined {
  const explained = explain(error);
  if (explained !== undefined) return explained;
  const isForPeople =
    error instanceof SettingsError || error instanceof StandaloneError || isStorageError(error);
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
