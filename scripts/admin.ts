/**
 * `npm run admin -- …`: who sends, who may do what, and what waits for a decision. Works beside a running archive,
 * without one, and on a split one (DATABASE_URL, S3_*). Exit code 0: done; 1: not done, and said why; 2: not understood.
 */
import { Command } from 'commander';
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
import { runProgram } from './admin/run-program.ts';

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
process.exitCode = (await runProgram(program)) ?? process.exitCode;
