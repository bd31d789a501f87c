/** `approve` and `withdraw`: what another person makes of a plan. */
import { planProgress, readPlan } from '@sandyq/database';
import {
  approveDispositionPlan,
  describePlan,
  planStanding,
  withdrawDispositionPlan,
} from '@sandyq/disposition';
import { Command } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import type { Acting, RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';
import { planWords } from './plan-words.ts';

interface ApproveOptions extends ExecuteOptions {
  readonly digest: string;
}

export function approveCommand(run: RunActing): Command {
  return withExecute(new Command('approve'))
    .description('approve a plan that another person made: it may then be executed. Needs an API key')
    .argument('<plan>', 'as "plans" shows it')
    .requiredOption('--digest <sha256>', 'that of the list you have read, as its report shows it')
    .action((planId: string, options: ApproveOptions) => run((acting) => approve(acting, planId, options)));
}

async function approve(acting: Acting, planId: string, options: ApproveOptions): Promise<ExitCode> {
  const { archive, actor, terminal } = acting;
  const ports = { ...archive, now: () => new Date() };
  const isDryRun = options.execute !== true;
  const plan = await approveDispositionPlan(ports, { planId, sha256: options.digest, isDryRun }, actor);
  if (isDryRun) return showUndecided(acting, planId, options);
  const standing = await planStanding(archive.database, new Date());
  return show(terminal, options, describePlan(plan, standing), () =>
    [
      `Plan ${planId} is approved. Until ${formatTime(plan.expiresAt)} it may be executed:`,
      `npm run retention -- execute ${planId}`,
    ].join('\n'),
  );
}

export function withdrawCommand(run: RunActing): Command {
  return withExecute(new Command('withdraw'))
    .description(
      'end a plan: nothing more is done by it. What it has hidden stays hidden until it is restored',
    )
    .argument('<plan>', 'as "plans" shows it')
    .action((planId: string, options: ExecuteOptions) =>
      run(async (acting) => {
        const { archive, actor, terminal } = acting;
        if (options.execute !== true) return showUndecided(acting, planId, options);
        const plan = await withdrawDispositionPlan(archive, planId, actor);
        const standing = await planStanding(archive.database, new Date());
        return show(terminal, options, describePlan(plan, standing), () => `Plan ${planId} is withdrawn.`);
      }),
    );
}

/** The plan as it is: nothing was decided. */
async function showUndecided(acting: Acting, planId: string, options: ExecuteOptions): Promise<ExitCode> {
  const { database } = acting.archive;
  const plan = await readPlan(database, planId);
  const standing = await planStanding(database, new Date());
  const value = describePlan(plan, standing, await planProgress(database, plan.planId));
  return showDryRun(acting, await planWords(database, value), { options, value });
}
