/** `identity-conflicts` and `proposed-corrections`: what was stored and waits for a person. */
import {
  type Database,
  deviceByCode,
  facilityByCode,
  findProposedCorrection,
  listIdentityConflicts,
  listProposedCorrections,
} from '@sandyq/database';
import { discardCorrection } from '@sandyq/disposition';
import { describeCorrection, describeIdentityConflict } from '@sandyq/index';
import { Command } from 'commander';
import { formatBytes, formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Run } from './administration.ts';
import { type ListOptions, numberOf, type OutputOptions, withListOptions, withYes } from './options.ts';
import { show, showPlan } from './show.ts';

export function identityConflictsCommand(run: Run): Command {
  const command = new Command('identity-conflicts').description(
    'instances held because their study is another patient’s',
  );
  withListOptions(command.command('list'))
    .description(
      'show them, newest first. They come free when the two patients are linked, which this version cannot do yet',
    )
    .option('--resolved', 'also those that are resolved')
    .action((options: ListOptions & { resolved?: boolean }) =>
      run(async ({ archive, terminal }) => {
        const filter = {
          ...(await narrowed(archive.database, options)),
          includeResolved: options.resolved ?? false,
        };
        const rows = await listIdentityConflicts(archive.database, filter, options.limit);
        const conflicts = rows.map(describeIdentityConflict);
        const next = rows.length === options.limit ? rows.at(-1)?.identityConflictId : undefined;
        if (next !== undefined) terminal.note(`There may be more: --before ${next}`);
        return show(terminal, options, { conflicts, next }, () =>
          table(
            [
              'ID',
              'STATE',
              'FACILITY',
              'DEVICE',
              'RECEIVED',
              'PATIENT OF THE INSTANCE',
              'PATIENT OF THE STUDY',
              'STUDY',
              'SOP INSTANCE',
            ],
            conflicts.map((one) => [
              one.id,
              one.state,
              one.facility,
              one.device,
              formatTime(one.receivedAt),
              patientName(one.instancePatient),
              patientName(one.studyPatient),
              one.studyInstanceUid,
              one.sopInstanceUid,
            ]),
          ),
        );
      }),
    );
  return command;
}

export function proposedCorrectionsCommand(run: Run): Command {
  const command = new Command('proposed-corrections').description(
    'known instances that came with other patient or study data',
  );
  withListOptions(command.command('list'))
    .description('show them, newest first')
    .option('--decided', 'also those that are decided')
    .action((options: ListOptions & { decided?: boolean }) =>
      run(async ({ archive, terminal }) => {
        const filter = {
          ...(await narrowed(archive.database, options)),
          includeDecided: options.decided ?? false,
        };
        const rows = await listProposedCorrections(archive.database, filter, options.limit);
        const corrections = rows.map(describeCorrection);
        const next = rows.length === options.limit ? rows.at(-1)?.proposedCorrectionId : undefined;
        if (next !== undefined) terminal.note(`There may be more: --before ${next}`);
        return show(terminal, options, { corrections, next }, () =>
          table(
            ['ID', 'STATE', 'FACILITY', 'DEVICE', 'RECEIVED', 'TIMES', 'SIZE', 'STUDY', 'SOP INSTANCE'],
            corrections.map((one) => [
              one.id,
              one.state,
              one.facility,
              one.device,
              formatTime(one.receivedAt),
              one.timesReceived,
              formatBytes(one.sizeBytes),
              one.studyInstanceUid,
              one.sopInstanceUid,
            ]),
          ),
        );
      }),
    );
  withYes(command.command('discard'))
    .description('keep the instance as it is and give the proposal up')
    .argument('<id>', 'as the list shows it', numberOf)
    .action((id: number, options: OutputOptions & { yes?: boolean }) =>
      run(async (administration) => {
        const { archive, decidedBy, terminal } = administration;
        const found = await findProposedCorrection(archive.database, id);
        if (options.yes !== true && found?.state === 'open') {
          const plan = `Proposed correction ${id} of SOP instance ${found.sopInstanceUid} would be discarded.`;
          return showPlan(administration, plan);
        }
        await discardCorrection({ ...archive, now: () => new Date() }, id, decidedBy);
        return show(
          terminal,
          options,
          { id, state: 'discarded' },
          () => `Proposed correction ${id} is discarded.`,
        );
      }),
    );
  return command;
}

async function narrowed(database: Database, { facility, device, before }: ListOptions) {
  return {
    facilityId: facility === undefined ? undefined : (await facilityByCode(database, facility)).facilityId,
    deviceId: device === undefined ? undefined : (await deviceByCode(database, device)).deviceId,
    before,
  };
}

function patientName({ issuer, patientId }: { issuer: string; patientId: string | undefined }): string {
  return patientId === undefined ? 'without an id' : `${patientId} (${issuer})`;
}
