/**
 * `npm run retention -- …`: how long studies are kept, what may not be touched, and how what is over is disposed of by two
 * people. Works beside a running archive, without one, and on a split one. What changes something for good is only described
 * without `--execute`. Exit code 0: done; 1: not done, and said why; 2: not understood.
 */
import { Command } from 'commander';
import type { Terminal } from './admin/administration.ts';
import { runProgram } from './admin/run-program.ts';
import { act, type RunActing } from './retention/acting.ts';
import { approveCommand, withdrawCommand } from './retention/approve-command.ts';
import {
  certificateCommand,
  certificatesCommand,
  verifyCertificateCommand,
} from './retention/certificate-command.ts';
import { coldCommand } from './retention/cold-command.ts';
import { executeCommand, resumeCommand } from './retention/execute-command.ts';
import { explainCommand } from './retention/explain-command.ts';
import { holdsCommand } from './retention/hold-command.ts';
import { linksCommand } from './retention/link-command.ts';
import { planCommand, plansCommand, showCommand } from './retention/plan-command.ts';
import { factsCommand, programmesCommand, sendersCommand } from './retention/register-command.ts';
import { rejectCommand, rejectionsCommand, restoreCommand } from './retention/reject-command.ts';
import { reportCommand } from './retention/report-command.ts';
import { restorePlanCommand } from './retention/restore-plan-command.ts';
import { scheduleCommand } from './retention/schedule-command.ts';
import { whatIfCommand } from './retention/what-if-command.ts';

const terminal: Terminal = { print: (text) => console.log(text), note: (text) => console.error(text) };

const program = new Command('npm run retention --')
  .description('Retention: schedules, holds, and disposition by two people')
  .option('--key-file <file>', "file with an operator's API key; else SANDYQ_OPERATOR_KEY");

const run: RunActing = async (work) => {
  const { keyFile } = program.opts<{ keyFile?: string }>();
  process.exitCode = await act(process.env, { terminal, keyFile }, work);
};

const commands: readonly ((run: RunActing) => Command)[] = [
  scheduleCommand,
  explainCommand,
  whatIfCommand,
  holdsCommand,
  factsCommand,
  programmesCommand,
  sendersCommand,
  linksCommand,
  rejectCommand,
  restoreCommand,
  rejectionsCommand,
  planCommand,
  plansCommand,
  showCommand,
  approveCommand,
  withdrawCommand,
  restorePlanCommand,
  reportCommand,
  executeCommand,
  resumeCommand,
  certificatesCommand,
  certificateCommand,
  verifyCertificateCommand,
  coldCommand,
];
for (const command of commands) program.addCommand(command(run));
showKeyFile(program);

process.exitCode = (await runProgram(program)) ?? process.exitCode;

/** In the help of every command: it may stand behind any. Whoever is not understood is told of the help. */
function showKeyFile(command: Command): void {
  command.configureHelp({ showGlobalOptions: true });
  command.showHelpAfterError('(--help says what there is)');
  for (const one of command.commands) showKeyFile(one);
}
