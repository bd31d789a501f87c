/** `damage list`: what is missing from the store or damaged in it. */
import { BETWEEN_ENTRIES, facilityByCode } from '@sandyq/database';
import { describeDamage } from '@sandyq/index';
import { Command } from 'commander';
import { formatBytes, formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Run } from './administration.ts';
import { numberOf, type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

interface DamageListOptions extends OutputOptions {
  readonly facility?: string;
  readonly repaired?: boolean;
  readonly limit: number;
  readonly before?: number;
}

type Damage = Awaited<ReturnType<typeof describeDamage>>;

/** Exit code 1: there is damage on record that is not repaired. */
export function damageCommand(run: Run): Command {
  const command = new Command('damage').description(
    'what is missing from the object store, or damaged in it',
  );
  withJson(command.command('list'))
    .description('show findings, newest first, and objects that the index cannot take in')
    .option('--facility <code>', 'of this facility only')
    .option('--repaired', 'also those that were repaired')
    .option('--limit <n>', 'at most so many', numberOf, 100)
    .option('--before <id>', 'only those with a smaller id: the next page', numberOf)
    .action((options: DamageListOptions) =>
      run(async ({ archive, terminal }) => {
        const { facility, repaired = false, limit, before } = options;
        const { database } = archive;
        const facilityId =
          facility === undefined ? undefined : (await facilityByCode(database, facility)).facilityId;
        const damage = await describeDamage(database, {
          facilityId,
          includeRepaired: repaired,
          before,
          limit,
        });
        if (damage.next !== undefined) terminal.note(`There may be more: --before ${damage.next}`);
        if ('moreQuarantine' in damage || 'moreObjects' in damage) terminal.note('There are more objects.');
        show(terminal, options, damage, () => words(damage));
        const { missing, damaged } = damage.segments;
        return missing + damaged + damage.quarantine.length > 0 ? 1 : 0;
      }),
    );
  return command;
}

function entryWords(ordinal: number | undefined): string {
  if (ordinal === undefined) return 'all';
  return ordinal === BETWEEN_ENTRIES ? 'none' : ordinal.toString();
}

function words({ damage, quarantine, objects }: Damage): string {
  return [
    table(
      ['ID', 'KIND', 'FOUND', 'BY', 'REPAIRED', 'FACILITY', 'INSTANCES', 'ENTRY', 'OBJECT', 'WHAT'],
      damage.map((one) => [
        one.id,
        one.kind,
        formatTime(one.foundAt),
        one.foundBy,
        formatTime(one.repairedAt),
        one.facility,
        one.instances,
        entryWords(one.ordinal),
        one.objectKey,
        one.what,
      ]),
    ),
    ...section(
      'Quarantine entries without their bytes',
      ['ID', 'CONDITION', 'FACILITY', 'RECEIVED', 'OBJECT'],
      quarantine.map((one) => [
        one.id,
        one.condition,
        one.facility,
        formatTime(one.receivedAt),
        one.objectKey,
      ]),
    ),
    ...section(
      'Objects that the index cannot take in',
      ['KIND', 'FOUND', 'SIZE', 'OBJECT', 'WHAT'],
      objects.map((one) => [
        one.kind,
        formatTime(one.foundAt),
        formatBytes(one.sizeBytes),
        one.objectKey,
        one.what,
      ]),
    ),
  ].join('\n');
}

function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, table(head, rows)];
}
