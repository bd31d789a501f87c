/** `report`: a plan with all its items and what became of them, as CSV, JSON, or HTML to be printed as PDF. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PLAN_REPORT_FORMATS, type PlanReportFormat, planReport } from '@sandyq/disposition';
import { Command, Option } from 'commander';
import { createUserFile } from '../terminal/user-file.ts';
import { userPath } from '../terminal/user-path.ts';
import type { RunActing } from './acting.ts';

interface ReportOptions {
  readonly format: PlanReportFormat;
  readonly output?: string;
}

export function reportCommand(run: RunActing): Command {
  return new Command('report')
    .description('a plan with all its items and what became of them')
    .argument('<plan>', 'as "plans" shows it')
    .addOption(
      new Option('--format <format>', 'html is ready to be printed as PDF')
        .choices(PLAN_REPORT_FORMATS)
        .default('csv'),
    )
    .option('--output <file>', 'a new file; default: standard output')
    .action((planId: string, { format, output }: ReportOptions) =>
      run(async ({ archive, terminal }) => {
        const pieces = await planReport(archive.database, { planId, format, now: new Date() });
        if (output === undefined) {
          await pipeline(Readable.from(pieces), process.stdout, { end: false });
          return 0;
        }
        const file = await createUserFile(output);
        await pipeline(Readable.from(pieces), file.createWriteStream());
        terminal.note(`Written: ${userPath(output)}`);
        return 0;
      }),
    );
}
