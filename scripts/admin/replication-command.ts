/** `replication status`: how far the second copy of every object is. */
import { type DescribedReplication, describeReplication } from '@sandyq/index';
import { Command } from 'commander';
import { formatBytes, formatCount, formatSeconds } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Run } from './administration.ts';
import { type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

export function replicationCommand(run: Run): Command {
  const command = new Command('replication').description('the second copy of every object');
  withJson(command.command('status'))
    .description('show what waits to be copied, and what cannot be copied')
    .action((options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const status = await describeReplication(archive);
        return show(terminal, options, status, () => words(status));
      }),
    );
  return command;
}

function words(status: DescribedReplication): string {
  const { target, isReachable, segments, quarantine, journal, deletions } = status;
  const lines = [
    target === undefined
      ? 'No replica is configured (S3_REPLICA_ENDPOINT …): everything below waits for one.'
      : `Copies go to ${target}, which ${isReachable === true ? 'answers' : 'does not answer now'}.`,
    '',
    table(
      ['WAITING', 'OBJECTS', 'BYTES', 'OLDEST'],
      [rowOf('segments', segments), rowOf('quarantine', quarantine), rowOf('journal', journal)],
    ),
  ];
  if (deletions > 0) lines.push('', `${formatCount(deletions)} deleted objects are still to go from it.`);
  const damaged = segments.damaged + quarantine.damaged + (journal.fault === 'damaged' ? 1 : 0);
  const conflicts = segments.conflicts + quarantine.conflicts + (journal.fault === 'conflict' ? 1 : 0);
  if (damaged > 0) {
    lines.push('', `${formatCount(damaged)} are damaged here and are not copied: npm run fixity -- --repair`);
  }
  if (conflicts > 0) {
    lines.push(
      '',
      `${formatCount(conflicts)} have something else under their key there: npm run fixity -- --replica`,
    );
  }
  return lines.join('\n');
}

interface Waiting {
  readonly objects: number;
  readonly bytes: number;
  readonly oldestSeconds: number;
}

function rowOf(name: string, { objects, bytes, oldestSeconds }: Waiting): string[] {
  return [name, formatCount(objects), formatBytes(bytes), objects === 0 ? '' : formatSeconds(oldestSeconds)];
}
