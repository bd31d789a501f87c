/** `facility` and `issuer`: hospitals and clinics, and who assigns identifiers. */
import { createFacility, createIssuer, listIssuers } from '@sandyq/database';
import {
  describeFacility,
  describeIssuer,
  newFacilitySchema,
  newIssuerSchema,
  parseInput,
  readNames,
} from '@sandyq/index';
import { exportDecision } from '@sandyq/indexing';
import { Command } from 'commander';
import { details, table } from '../terminal/table.ts';
import type { Run } from './administration.ts';
import { type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

export function facilityCommand(run: Run): Command {
  const command = new Command('facility').description('hospitals and clinics');
  withJson(command.command('add'))
    .description('make a facility known')
    .requiredOption('--code <code>', 'short name without spaces')
    .requiredOption('--name <name>', 'as people call it')
    .option('--patient-issuer <namespace>', 'assigned to patient ids that name no issuer (default: the code)')
    .option(
      '--accession-issuer <namespace>',
      'assigned to accession numbers that name no issuer (default: the code)',
    )
    .option(
      '--assumed-character-set <set>',
      'for texts whose label is missing or wrong, e.g. windows-1251, KZ-1048, CP949',
    )
    .action(({ json, ...input }: OutputOptions) =>
      run(async ({ archive, decidedBy, terminal }) => {
        const facility = parseInput(newFacilitySchema, input);
        const made = await archive.database.inTransaction((client) =>
          createFacility(client, facility, decidedBy),
        );
        await exportDecision(archive);
        const { names } = await readNames(archive);
        const described = describeFacility(made, names);
        return show(terminal, { json: json ?? false }, described, () => wordsOf(described));
      }),
    );
  withJson(command.command('list'))
    .description('show all facilities')
    .action((options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const { facilities, names } = await readNames(archive);
        const described = facilities.map((facility) => describeFacility(facility, names));
        return show(terminal, options, { facilities: described }, () =>
          table(
            ['CODE', 'NAME', 'PATIENT ISSUER', 'ACCESSION ISSUER', 'ASSUMED CHARACTER SET'],
            described.map((one) => [
              one.code,
              one.name,
              one.patientIssuer,
              one.accessionIssuer,
              one.assumedCharacterSet,
            ]),
          ),
        );
      }),
    );
  return command;
}

export function issuerCommand(run: Run): Command {
  const command = new Command('issuer').description('who assigns patient ids and accession numbers');
  withJson(command.command('add'))
    .description('make an issuer known; unknown ones that data sets name are added by themselves')
    .requiredOption('--namespace <name>', 'as in Issuer of Patient ID (0010,0021)')
    .option('--universal-id <id>', 'e.g. an OID')
    .option('--universal-id-type <type>', 'e.g. ISO')
    .action(
      (options: OutputOptions & { namespace: string; universalId?: string; universalIdType?: string }) =>
        run(async ({ archive, decidedBy, terminal }) => {
          const { namespace: localNamespace, universalId, universalIdType } = options;
          const issuer = parseInput(newIssuerSchema, { localNamespace, universalId, universalIdType });
          const made = await archive.database.inTransaction((client) =>
            createIssuer(client, issuer, decidedBy),
          );
          await exportDecision(archive);
          const described = describeIssuer(made);
          return show(terminal, options, described, () => wordsOf(described));
        }),
    );
  withJson(command.command('list'))
    .description('show all issuers')
    .action((options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const issuers = (await listIssuers(archive.database)).map(describeIssuer);
        return show(terminal, options, { issuers }, () =>
          table(
            ['NAMESPACE', 'UNIVERSAL ID', 'TYPE'],
            issuers.map((one) => [one.localNamespace, one.universalId, one.universalIdType]),
          ),
        );
      }),
    );
  return command;
}

/** `patientIssuer` → `patient issuer`. */
function wordsOf(described: Readonly<Record<string, string | undefined>>): string {
  return details(
    Object.entries(described).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      value,
    ]),
  );
}
