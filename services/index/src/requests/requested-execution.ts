/** Plans that are carried out, or would be, for whoever asked the admin API. */
import { listCertificates, OPEN_ITEM_STATES, planProgress } from '@sandyq/database';
import {
  type Actor,
  describeCertificate,
  describeExecution,
  type ExecutionReport,
  executePlan,
  issueCertificates,
} from '@sandyq/disposition';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { certificatePorts, executionPorts } from '../disposition-ports.ts';
import { actorOfRequest } from './acting-principal.ts';
import type { RequestedWork, WorkResult, WorkRun } from './work-off-requests.ts';

/** How fast at most. The plan is the subject of the request. */
export const executionInput = z.strictObject({
  studiesPerSecond: z.number().positive().optional(),
  bytesPerSecond: z.number().positive().optional(),
});

/** Says what would be done. */
export function requestedDryRun(archive: Archive): RequestedWork {
  return {
    kind: 'dry-run',
    run: async (request, run) => {
      const execution = await executionOf(archive, request);
      const report = await execute(archive, { ...execution, isDryRun: true }, run);
      return { result: describeExecution(report), isWhole: !report.isStopped };
    },
  };
}

/** Does all that can be done now, and certifies it. Whoever goes on with it begins where it was left. */
export function requestedExecution(archive: Archive): RequestedWork {
  return {
    kind: 'execution',
    run: async (request, run) => {
      const execution = await executionOf(archive, request);
      // Before anything is deleted it is certain that it can be certified.
      const certifying = await certificatePorts(archive);
      const report = await execute(archive, { ...execution, isDryRun: false }, run);
      const { planId, actor } = execution;
      await issueCertificates(certifying, planId, actor.principalId);
      return resultOf(archive, report);
    },
  };
}

type Execution = z.output<typeof executionInput> & { readonly planId: string; readonly actor: Actor };

async function executionOf(
  archive: Archive,
  request: Parameters<RequestedWork['run']>[0],
): Promise<Execution> {
  const actor = await actorOfRequest(archive, request);
  return { ...executionInput.parse(request.input), planId: request.subject, actor };
}

/** As far as it goes until it is stopped. */
async function execute(
  archive: Archive,
  { planId, actor, ...how }: Execution & { readonly isDryRun: boolean },
  { signal, onProgress }: WorkRun,
): Promise<ExecutionReport> {
  const of = await openStudies(archive, planId);
  const told = ({ looked: studies }: Pick<ExecutionReport, 'looked'>) => onProgress({ studies, of });
  told({ looked: 0 });
  const request = { planId, executedBy: actor.principalId, ...how, signal, onProgress: told };
  return executePlan(executionPorts(archive), request);
}

/** Of the plan's items those that something is left to do for. */
async function openStudies({ database }: Archive, planId: string): Promise<number> {
  const progress = await planProgress(database, planId);
  return progress
    .filter(({ state }) => OPEN_ITEM_STATES.includes(state))
    .reduce((sum, { studies }) => sum + studies, 0);
}

/** Certificates that are named one by one. */
const MOST_CERTIFICATES = 1_000;

/** The report is of the process that came to the end; what those before have done shows in the plan and its certificates. */
async function resultOf({ database }: Archive, report: ExecutionReport): Promise<WorkResult> {
  const { planId } = report;
  const certificates = await listCertificates(database, { planId }, MOST_CERTIFICATES);
  const result = {
    ...describeExecution(report),
    progress: await planProgress(database, planId),
    certificates: certificates.map(describeCertificate),
  };
  return { result, isWhole: !report.isStopped };
}
