/** An archive with a schedule in force, old studies, and two people who plan and approve: for tests of disposition. */

import { createHash } from 'node:crypto';
import { adoptSchedule, proposeSchedule as keepProposed, type Plan, type Rejection } from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import {
  type Actor,
  approveDispositionPlan,
  type ExecutionPorts,
  type ExecutionReport,
  executePlan,
  makePlan,
  type RejectionRequest,
  rejectByHand,
} from '@sandyq/disposition';
import { rejectionPorts } from '@sandyq/index';
import { exportDecision } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { storeAll } from './dicomweb.ts';
import { type RawElement, rawInstance } from './raw-instance.ts';

/** Everything is kept for a year, and then destroyed. */
export const ONE_YEAR = `schedule: one-year
version: 1
title: One year
source: a test
timeZone: UTC
effective:
  from: 2000-01-01
absence: { death: alive, diagnosis: none, programme: none }
rules:
  - id: all
    title: Everything
    when: {}
    keep:
      atLeast: [{ period: 1y, from: study-date }]
    atEnd: destroy
`;

export const planner: Actor = { principalId: 'planner', isOperator: true };
export const approver: Actor = { principalId: 'approver', isOperator: true };

/** Puts a schedule in force. */
export async function adopt({ database, ...ports }: Archive, text = ONE_YEAR): Promise<void> {
  const [, schedule = ''] = /^schedule: (.*)$/m.exec(text) ?? [];
  await keepProposed(database, {
    schedule,
    version: 1,
    text,
    sha256: createHash('sha256').update(text).digest(),
    effectiveFrom: '2000-01-01',
    effectiveUntil: undefined,
    proposedBy: 'planner',
  });
  await database.inTransaction((client) => adoptSchedule(client, { schedule, version: 1 }, 'approver'));
  await exportDecision({ database, ...ports });
}

/** An instance of a study of 2010 of one patient a study. */
export function oldInstance(
  studyInstanceUid: string,
  { series = 1, number = 1, elements = [] }: OldInstance = {},
): Buffer {
  const seriesInstanceUid = `${studyInstanceUid}.${series}`;
  const ids = { studyInstanceUid, seriesInstanceUid, sopInstanceUid: `${seriesInstanceUid}.${number}` };
  return rawInstance(ids, [
    [Tags.PatientID, 'LO', `P${studyInstanceUid}`],
    [Tags.PatientName, 'PN', `Name^${studyInstanceUid}`],
    [Tags.StudyDate, 'DA', '20100501'],
    [Tags.Modality, 'CS', 'CT'],
    [Tags.InstanceNumber, 'IS', String(number)],
    ...elements,
  ]);
}

export interface OldInstance {
  readonly series?: number;
  readonly number?: number;
  readonly elements?: readonly RawElement[];
}

/** Stores a study of two series with two instances each, in one request. */
export async function storeOldStudy(url: string, studyInstanceUid: string): Promise<void> {
  const numbers = [1, 2];
  const instances = numbers.flatMap((series) =>
    numbers.map((number) => oldInstance(studyInstanceUid, { series, number })),
  );
  await storeAll(url, instances);
}

/** As the services make them, with a clock that a test may set. */
export function executionPorts(archive: Archive, changed: Partial<ExecutionPorts> = {}): ExecutionPorts {
  return { ...archive, now: () => new Date(), graceDays: 0, moveToColdTier: undefined, ...changed };
}

/** Hides instances by hand; nothing has to be waited for before they may be purged. */
export function rejectNow(
  archive: Archive,
  request: Pick<RejectionRequest, 'studyInstanceUid' | 'seriesInstanceUid' | 'sopInstanceUids'>,
): Promise<Rejection> {
  const words = { reason: '113001', comment: 'blurred' };
  return rejectByHand({ ...rejectionPorts(archive), graceDays: 0 }, { ...request, ...words }, planner);
}

/** Plans what is due, and has it approved. */
export async function approvedPlan(archive: Archive, kind: Plan['kind'] = 'schedule'): Promise<Plan> {
  const ports = { ...archive, now: () => new Date() };
  const { plan } = await makePlan(ports, { kind }, planner);
  if (plan === undefined) throw new Error('there is nothing to plan');
  const sha256 = plan.sha256.toString('hex');
  return approveDispositionPlan(ports, { planId: plan.planId, sha256 }, approver);
}

/** Carries a plan out. */
export function execute(
  archive: Archive,
  { planId }: Pick<Plan, 'planId'>,
  changed: Partial<ExecutionPorts> = {},
): Promise<ExecutionReport> {
  return executePlan(executionPorts(archive, changed), { planId, executedBy: 'executor', isDryRun: false });
}
