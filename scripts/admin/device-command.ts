/** `device`: scanners, and how each of them is doing. */
import { checkDevice, createDevice, deviceByCode } from '@sandyq/database';
import { describeDevice, describeDeviceCheck, newDeviceSchema, parseInput, readNames } from '@sandyq/index';
import { exportDecision } from '@sandyq/indexing';
import { Command, Option } from 'commander';
import { formatBytes, formatCount, formatSeconds, formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import type { Run } from './administration.ts';
import { bytesOf, type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

export function deviceCommand(run: Run): Command {
  const command = new Command('device').description('scanners');
  addCommand(command, run);
  withJson(command.command('list'))
    .description('show all devices')
    .option('--facility <code>', 'of this facility only')
    .action((options: OutputOptions & { facility?: string }) =>
      run(async ({ archive, terminal }) => {
        const { devices: all, names } = await readNames(archive);
        const devices = all
          .map((device) => describeDevice(device, names))
          .filter((device) => options.facility === undefined || device.facility === options.facility);
        return show(terminal, options, { devices }, () =>
          table(
            [
              'CODE',
              'FACILITY',
              'MODALITY',
              'MANUFACTURER',
              'MODEL',
              'SERIAL NUMBER',
              'ORIGIN',
              'ASSUMED CHARACTER SET',
            ],
            devices.map((device) => [
              device.code,
              device.facility,
              device.modality,
              device.manufacturer,
              device.model,
              device.serialNumber,
              device.origin,
              device.assumedCharacterSet,
            ]),
          ),
        );
      }),
    );
  withJson(command.command('check'))
    .description('last success, last failure and why, clock, character sets, quarantine')
    .argument('<code>')
    .action((code: string, options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const device = await deviceByCode(archive.database, code);
        const check = await checkDevice(archive.database, device.deviceId, new Date());
        const described = describeDeviceCheck(device, check, archive.settings.quarantineQuotaBytes);
        return show(terminal, options, described, () => checkWords(described));
      }),
    );
  return command;
}

function addCommand(command: Command, run: Run): void {
  withJson(command.command('add'))
    .description('make a device known: what it sends is tied to it by its key, or by serial number')
    .requiredOption('--facility <code>', 'where it stands')
    .requiredOption('--code <code>', 'short name without spaces')
    .option('--manufacturer <name>', 'as in Manufacturer (0008,0070)')
    .option('--model <name>', "as in Manufacturer's Model Name (0008,1090)")
    .option('--serial-number <number>', 'as in Device Serial Number (0018,1000)')
    .option('--modality <modality>', 'CT, MR, US, …')
    .addOption(
      new Option('--origin <origin>', 'whether it makes what it sends')
        .choices(['local', 'assembled', 'imported'])
        .default('local'),
    )
    .option(
      '--assumed-character-set <set>',
      "for texts whose label is missing or wrong (default: the facility's)",
    )
    .option(
      '--patient-issuer <namespace>',
      "assigned to patient ids that name no issuer (default: the facility's)",
    )
    .option(
      '--accession-issuer <namespace>',
      "assigned to accession numbers that name no issuer (default: the facility's)",
    )
    .option('--quarantine-quota <size>', 'most bytes that quarantine keeps of it, e.g. 50GiB', bytesOf)
    .action(({ json, quarantineQuota, ...input }: OutputOptions & { quarantineQuota?: number }) =>
      run(async ({ archive, decidedBy, terminal }) => {
        const { facility: facilityCode, ...device } = parseInput(newDeviceSchema, {
          ...input,
          quarantineQuotaBytes: quarantineQuota,
        });
        const made = await archive.database.inTransaction((client) =>
          createDevice(client, { ...device, facilityCode }, decidedBy),
        );
        await exportDecision(archive);
        const { names } = await readNames(archive);
        const described = describeDevice(made, names);
        return show(terminal, { json: json ?? false }, described, () =>
          details([
            ['code', described.code],
            ['facility', described.facility],
            ['origin', described.origin],
            ['serial number', described.serialNumber],
            ['assumed character set', described.assumedCharacterSet],
          ]),
        );
      }),
    );
}

function checkWords(check: ReturnType<typeof describeDeviceCheck>): string {
  const { lastFailure, quarantine, characterSetAlarms } = check;
  return details([
    ['device', check.device],
    ['last success', formatTime(check.lastSuccessAt)],
    ['last failure', formatTime(lastFailure?.at)],
    ['  reason', lastFailure && `${lastFailure.reason}: ${lastFailure.message}`],
    [
      '  quarantine entry',
      lastFailure && `${lastFailure.quarantineId}, received ${timesOf(lastFailure.timesReceived)}`,
    ],
    ['last received', formatTime(check.lastReceivedAt)],
    ['clock', clockWords(check.clockSkewMs, check.clockSamples)],
    [
      'character set alarms',
      `${characterSetAlarms.last30Days} in 30 days, ${characterSetAlarms.total} in all`,
    ],
    ['quarantine', quarantineWords(quarantine)],
    ['identity conflicts', check.openIdentityConflicts],
    ['proposed corrections', check.openProposedCorrections],
  ]);
}

function clockWords(skewMs: number | undefined, samples: number): string {
  if (skewMs === undefined) return 'unknown: nothing with a time of its own came in 7 days';
  const seconds = formatSeconds(Math.abs(skewMs) / 1_000);
  const direction = skewMs < 0 ? `${seconds} ahead of the archive` : `${seconds} behind, or sends so late`;
  return `${direction} (median of ${samples})`;
}

function quarantineWords({
  entries,
  bytes,
  quotaBytes,
}: {
  entries: number;
  bytes: number;
  quotaBytes: number;
}): string {
  return `${formatCount(entries)} open, ${formatBytes(bytes)} of ${formatBytes(quotaBytes)}`;
}

function timesOf(times: number): string {
  return times === 1 ? 'once' : `${formatCount(times)} times`;
}
