/** `journal`: what the object store knows of decisions, and whether its chain is whole. */
import { describeJournal } from '@sandyq/index';
import { catchUpJournal, type JournalVerification, readBatch, verifyJournal } from '@sandyq/indexing';
import { journalKey, journalPrefix } from '@sandyq/storage';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { formatCount, formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import type { Administration, ExitCode, Run } from './administration.ts';
import { numberOf, type OutputOptions, withJson, withYes } from './options.ts';
import { show, showPlan } from './show.ts';

/** Most lines shown by one command, unless told otherwise. */
const SHOWN_LINES = 100;

interface ShowOptions extends OutputOptions {
  readonly from?: string;
  readonly limit: number;
}

export function journalCommand(run: Run): Command {
  const command = new Command('journal').description('decisions as the object store keeps them');
  withJson(command.command('status'))
    .description('show how far it is, and what waits for the store')
    .action((options: OutputOptions) => run((administration) => status(administration, options)));
  withJson(command.command('verify'))
    .description('read all of it and check its chain')
    .action((options: OutputOptions) => run((administration) => verify(administration, options)));
  withJson(command.command('show'))
    .description('show its lines, oldest first')
    .option('--from <epoch:position>', 'begin with this batch, e.g. 1:42', placeOf)
    .option('--limit <n>', 'at most so many lines', numberOf, SHOWN_LINES)
    .action((options: ShowOptions) => run((administration) => showLines(administration, options)));
  withYes(command.command('catch-up'))
    .description('learn what the store knows and the database does not; services do it when they start')
    .option('--accept-gaps', 'go on behind batches that are lost or damaged: what they said is lost')
    .action((options: OutputOptions & { acceptGaps?: boolean; yes?: boolean }) =>
      run((administration) => catchUp(administration, options)),
    );
  return command;
}

async function status({ archive, terminal }: Administration, options: OutputOptions): Promise<ExitCode> {
  const journal = await describeJournal(archive.database);
  const { index } = journal;
  return show(terminal, options, journal, () =>
    details([
      ['last batch in the store', journal.lastBatch ?? 'none'],
      ['lines that wait', journal.pendingLines],
      ['  oldest', journal.oldestPendingAt && formatTime(journal.oldestPendingAt)],
      ['index', index.reason === undefined ? index.state : `${index.state} (${index.reason})`],
      ['  since', formatTime(index.since)],
    ]),
  );
}

async function verify({ archive, terminal }: Administration, options: OutputOptions): Promise<ExitCode> {
  const progress = createProgress();
  const verification = await verifyJournal(archive, { onProgress: progress.update }).finally(progress.stop);
  show(terminal, options, verification, () => verificationWords(verification));
  return verification.faults.length === 0 ? 0 : 1;
}

function verificationWords({ batches, lines, faults }: JournalVerification): string {
  const counts = `${formatCount(batches)} batches with ${formatCount(lines)} lines`;
  if (faults.length === 0) return `The journal is whole: ${counts}.`;
  return [`The journal is damaged: ${counts}.`, ...faults.map(({ key, fault }) => `  ${key}: ${fault}`)].join(
    '\n',
  );
}

async function showLines({ archive, terminal }: Administration, options: ShowOptions): Promise<ExitCode> {
  const shown: { batch: string; time: string; kind: string; by: string; fact: object }[] = [];
  for await (const { key } of archive.store.list(journalPrefix)) {
    if (shown.length >= options.limit) break;
    if (options.from !== undefined && key < options.from) continue;
    const { batch } = await readBatch(archive.store, key);
    for (const { occurredAt, kind, decidedBy, fact } of batch.lines) {
      shown.push({ batch: `${batch.epoch}:${batch.position}`, time: occurredAt, kind, by: decidedBy, fact });
    }
  }
  const lines = shown.slice(0, options.limit);
  if (shown.length > lines.length || lines.length === options.limit)
    terminal.note(`There may be more: --from ${lines.at(-1)?.batch ?? '1:1'}, or a greater --limit`);
  return show(terminal, options, { lines }, () =>
    table(
      ['BATCH', 'TIME', 'KIND', 'BY', 'FACT'],
      lines.map(({ batch, time, kind, by, fact }) => [batch, time, kind, by, JSON.stringify(fact)]),
    ),
  );
}

async function catchUp(
  administration: Administration,
  options: OutputOptions & { acceptGaps?: boolean; yes?: boolean },
): Promise<ExitCode> {
  const { archive, terminal } = administration;
  if (options.acceptGaps === true && options.yes !== true) {
    const plan =
      'What batches said that are missing or damaged would be given up. Look at "journal verify" first.';
    return showPlan(administration, plan);
  }
  const report = await catchUpJournal(archive, { acceptsGaps: options.acceptGaps ?? false });
  return show(
    terminal,
    options,
    report,
    () =>
      `${formatCount(report.batches)} batches read, ${formatCount(report.unknownLines)} lines were unknown here, ` +
      `${formatCount(report.gaps.length)} gaps.`,
  );
}

/** `1:42` → the key of that batch. */
function placeOf(text: string): string {
  const [, epoch, position] = /^(\d{1,10}):(\d{1,12})$/.exec(text) ?? [];
  if (Number(epoch) >= 1 && Number(position) >= 1)
    return journalKey({ epoch: Number(epoch), position: Number(position) });
  throw new InvalidArgumentError('It must be an epoch and a position, e.g. 1:42.');
}

function createProgress() {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{value} batches read, {faults} faults',
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(0, 0, { faults: 0 });
  return {
    update: ({ batches, faults }: JournalVerification) => bar.update(batches, { faults: faults.length }),
    stop: () => bar.stop(),
  };
}
