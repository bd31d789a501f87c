/** `restore-plan`: what a plan has hidden is shown again, all of it. */
import { restorePlan } from '@sandyq/disposition';
import { rejectionPorts } from '@sandyq/index';
import { Command } from 'commander';
import { show } from '../admin/show.ts';
import { formatCount } from '../terminal/format.ts';
import type { RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';

export function restorePlanCommand(run: RunActing): Command {
  return withExecute(new Command('restore-plan'))
    .description('show again all that a plan has hidden, when nothing more is done by it')
    .argument('<plan>', 'as "plans" shows it: withdrawn, ended, expired or superseded')
    .requiredOption('--reason <text>', 'why')
    .action((planId: string, options: ExecuteOptions & { readonly reason: string }) =>
      run(async (acting) => {
        const { archive, actor, terminal } = acting;
        const isDryRun = options.execute !== true;
        const request = { planId, reason: options.reason, isDryRun };
        const restored = await restorePlan(rejectionPorts(archive), request, actor);
        const { rejections, instances } = restored;
        if (isDryRun)
          return showDryRun(acting, `${formatCount(rejections)} of its studies would be shown again.`, {
            options,
            value: restored,
          });
        return show(
          terminal,
          options,
          restored,
          () => `Shown again: ${formatCount(rejections)} studies, ${formatCount(instances)} instances.`,
        );
      }),
    );
}
