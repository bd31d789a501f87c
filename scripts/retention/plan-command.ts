/** `plan`, `plans`, `show`: lists of what may be disposed of, made by one person for another to approve. */
import { listPlans, planProgress, readArchiveSize, readPlan, readPlanItems } from '@sandyq/database';
import {
  DEFAULT_PLAN_DAYS,
  describePlan,
  describePlanItem,
  type LeftOutReason,
  type MadePlan,
  MOST_PLAN_ITEMS,
  makePlan,
  planStanding,
} from '@sandyq/disposition';
import { Command, Option } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { numberOf, type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatBytes, formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { type Acting, assertNamed, type RunActing } from './acting.ts';
import { type PageOptions, showPage, withPages } from './pages.ts';
import { namesOfPeople } from './people.ts';
import { planWords } from './plan-words.ts';
import { createStudyProgress } from './study-progress.ts';

interface PlanOptions extends OutputOptions {
  readonly kind: 'schedule' | 'rejections';
  readonly facility?: string;
  readonly limit: number;
  readonly validDays: number;
}

export function planCommand(run: RunActing): Command {
  return withJson(new Command('plan'))
    .description('list what may be disposed of today. Nothing is done before another operator approves')
    .addOption(
      new Option('--kind <kind>', 'studies by the schedule in force, or what was rejected by hand')
        .choices(['schedule', 'rejections'])
        .default('schedule'),
    )
    .option('--facility <code>', 'of this facility only')
    .option('--limit <n>', 'at most so many; the rest is left for the next plan', numberOf, MOST_PLAN_ITEMS)
    .option('--valid-days <n>', 'days until it expires', numberOf, DEFAULT_PLAN_DAYS)
    .action((options: PlanOptions) => run((acting) => plan(acting, options)));
}

async function plan({ archive, actor, terminal }: Acting, options: PlanOptions): Promise<ExitCode> {
  const { database, newId } = archive;
  const { kind, facility, limit, validDays } = options;
  assertNamed({ archive, actor }, 'Making a plan');
  const { studies } = await readArchiveSize(database, undefined);
  const progress = createStudyProgress(process.stderr, studies, () => performance.now());
  const onProgress = (looked: number) => progress.advanceTo(looked);
  const ports = { database, newId, now: () => new Date() };
  try {
    const made = await makePlan(ports, { kind, facility, limit, validDays, onProgress }, actor);
    progress.stop();
    const standing = await planStanding(database, new Date());
    const described = { ...made, plan: made.plan && describePlan(made.plan, standing) };
    const words = described.plan && (await planWords(database, described.plan));
    return show(terminal, options, described, () => madeWords(made, words));
  } finally {
    progress.stop();
  }
}

const LEFT_OUT: Readonly<Record<LeftOutReason, string>> = {
  kept: 'their minimum period has not passed',
  review: 'a person has to look at them: "explain" says why',
  held: 'a legal hold binds them',
  planned: 'another plan lists them',
  rejected: 'hidden already: their plan, or one of rejections, ends them',
  quarantined: 'something of them is in quarantine and is decided first',
  cold: 'they are in the cold tier already',
  empty: 'nothing of them is left',
};

function madeWords({ plan: made, looked, leftOut, isFull }: MadePlan, words: string | undefined): string {
  const reasons = (Object.keys(LEFT_OUT) as LeftOutReason[]).filter((reason) => leftOut[reason] > 0);
  const parts = [
    words ?? 'There is nothing to dispose of: no plan was made.',
    [
      `${looked} looked at${isFull ? '; there may be more for another plan' : ''}.`,
      ...reasons.map((reason) => `- ${leftOut[reason]} not listed: ${LEFT_OUT[reason]}`),
    ].join('\n'),
  ];
  if (made !== undefined)
    parts.push(
      [
        `Read it: npm run retention -- report ${made.planId} --format html --output FILE`,
        `To be approved by another operator: npm run retention -- approve ${made.planId} --digest DIGEST --key-file FILE`,
      ].join('\n'),
    );
  return parts.join('\n\n');
}

interface PlansOptions extends PageOptions {
  readonly state?: 'open' | 'approved' | 'ended' | 'withdrawn';
  readonly before?: string;
}

export function plansCommand(run: RunActing): Command {
  return withPages(new Command('plans'), 'before')
    .description('plans, newest first')
    .addOption(
      new Option('--state <state>', 'of this state only').choices(['open', 'approved', 'ended', 'withdrawn']),
    )
    .action((options: PlansOptions) => run((acting) => plans(acting, options)));
}

async function plans({ archive, terminal }: Acting, options: PlansOptions): Promise<ExitCode> {
  const found = await listPlans(archive.database, options, options.limit);
  const standing = await planStanding(archive.database, new Date());
  const rows = found.map((one) => describePlan(one, standing));
  const nameOf = await namesOfPeople(
    archive.database,
    rows.flatMap(({ createdBy, approvedBy }) => [createdBy, approvedBy]),
  );
  return showPage(terminal, options, {
    name: 'plans',
    rows,
    next: 'before',
    idOf: (one) => one.id,
    describe: (one) => one,
    columns: [
      ['ID', (one) => one.id],
      ['KIND', (one) => one.kind],
      ['STATE', (one) => one.state],
      ['STUDIES', (one) => one.studies],
      ['BYTES', (one) => formatBytes(one.bytes)],
      ['CREATED', (one) => formatTime(one.createdAt)],
      ['BY', (one) => nameOf(one.createdBy)],
      ['APPROVED BY', (one) => nameOf(one.approvedBy)],
      ['EXPIRES', (one) => formatTime(one.expiresAt)],
    ],
  });
}

/** Items that are shown; the rest is in the report. */
const ITEMS_SHOWN = 20;

export function showCommand(run: RunActing): Command {
  return withJson(new Command('show'))
    .description('one plan: how far it is, and its first items; all of them are in its report')
    .argument('<plan>', 'as the list shows it')
    .action((planId: string, options: OutputOptions) =>
      run(async ({ archive: { database }, terminal }) => {
        const plan = await readPlan(database, planId);
        const standing = await planStanding(database, new Date());
        const described = describePlan(plan, standing, await planProgress(database, plan.planId));
        const page = await readPlanItems(database, plan.planId, { after: 0, limit: ITEMS_SHOWN });
        const items = page.map(describePlanItem);
        const words = await planWords(database, described);
        return show(terminal, options, { ...described, items }, () =>
          [
            words,
            table(
              ['NO.', 'STUDY', 'FACILITY', 'ACTION', 'RULE', 'FROM', 'BYTES', 'STATE', 'OUTCOME'],
              items.map((one) => [
                one.ordinal,
                one.studyInstanceUid,
                one.facility,
                one.action,
                one.rule,
                one.earliestDisposition,
                formatBytes(one.bytes),
                one.state,
                one.outcome,
              ]),
            ),
          ].join('\n\n'),
        );
      }),
    );
}
