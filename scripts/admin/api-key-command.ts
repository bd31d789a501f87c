/** `api-key`: credentials of scanners, people and services. */
import { ROLES } from '@sandyq/auth';
import { listApiKeys, revokeApiKey } from '@sandyq/database';
import { describeApiKey, makeApiKey, newApiKeySchema, parseInput, readNames } from '@sandyq/index';
import { exportDecision } from '@sandyq/indexing';
import { Command, Option } from 'commander';
import { formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Run } from './administration.ts';
import { type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

interface CreateOptions extends OutputOptions {
  readonly role: string[];
  readonly facility?: string;
  readonly device?: string;
  readonly name?: string;
}

export function apiKeyCommand(run: Run): Command {
  const command = new Command('api-key').description('credentials of scanners, people and services');
  withJson(command.command('create'))
    .description('make a key and print it: it is shown this once and kept nowhere')
    .addOption(new Option('--role <role...>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--facility <code>', 'confines it to a facility; a scanner needs one, or a device')
    .option('--device <code>', 'the one device that uses it')
    .option('--name <name>', 'as the list shows it')
    .action((options: CreateOptions) =>
      run(async ({ archive, decidedBy, terminal }) => {
        const { role: roles, facility, device, name } = options;
        const input = parseInput(newApiKeySchema, { roles, facility, device, name });
        const { key, row } = await makeApiKey(archive.database, input, decidedBy);
        await exportDecision(archive);
        const { names } = await readNames(archive);
        if (archive.settings.authMode === 'single-user') terminal.note(SINGLE_USER_NOTE);
        terminal.note(
          `Key of "${row.name}", shown this once. It goes with each request as "Authorization: Bearer KEY".`,
        );
        return show(terminal, options, { key, ...describeApiKey(row, names) }, () => key);
      }),
    );
  withJson(command.command('list'))
    .description('show all keys, without their secrets')
    .action((options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const { names } = await readNames(archive);
        const apiKeys = (await listApiKeys(archive.database)).map((row) => describeApiKey(row, names));
        return show(terminal, options, { apiKeys }, () =>
          table(
            ['ID', 'NAME', 'ROLES', 'FACILITY', 'DEVICE', 'CREATED', 'REVOKED'],
            apiKeys.map((key) => [
              key.id,
              key.name,
              key.roles.join(', '),
              key.facility,
              key.device,
              formatTime(key.createdAt),
              formatTime(key.revokedAt),
            ]),
          ),
        );
      }),
    );
  command
    .command('revoke')
    .description('end a key; running services know within SANDYQ_KEY_CACHE_SECONDS')
    .argument('<id>', 'as the list shows it')
    .action((id: string) =>
      run(async ({ archive, decidedBy, terminal }) => {
        await archive.database.inTransaction((client) => revokeApiKey(client, id, decidedBy));
        await exportDecision(archive);
        terminal.print(`API key ${id} is revoked.`);
        return 0;
      }),
    );
  return command;
}

const SINGLE_USER_NOTE =
  'Note: SANDYQ_AUTH is single-user here. Requests need a key once the archive is started with SANDYQ_AUTH=keys; ' +
  '"npm run retention" takes keys of operators now.';
