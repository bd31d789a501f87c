/** Each command of retention-commands.ts, asked of the archive and told to the model. */
import { DatabaseError, type Plan, readPlanItems } from '@sandyq/database';
import {
  approveDispositionPlan,
  decideLink,
  executePlan,
  type HoldRequest,
  isDispositionError,
  makePlan,
  placeLegalHold,
  registerFact,
  rejectByHand,
  releaseLegalHold,
  restoreByHand,
  resumeDispositions,
  withdrawDispositionPlan,
  withdrawFact,
} from '@sandyq/disposition';
import { compactionPorts, supersedeSegments } from '@sandyq/index';
import { compactNow, Directory, JournalError } from '@sandyq/indexing';
import { isStorageError } from '@sandyq/storage';
import { Fuse, fusedPorts } from './fused-ports.ts';
import { HOSPITAL } from './retention-archive.ts';
import type { Command, Interruption } from './retention-commands.ts';
import {
  DAY_MS,
  type Day,
  type FactKind,
  type ModelItem,
  type ModelPlan,
  type ModelScope,
  PATIENTS,
  type PatientName,
  pairOf,
  presentIn,
  shownIn,
} from './retention-model.ts';
import { actors, instanceOf, pick, type RetentionWorld } from './retention-world.ts';

type Steps = {
  readonly [Kind in Command['do']]: (
    world: RetentionWorld,
    command: Extract<Command, { do: Kind }>,
  ) => Promise<void>;
};

/** Runs a command. What is chosen among nothing is left. */
export async function runCommand<Kind extends Command['do']>(
  world: RetentionWorld,
  command: Extract<Command, { do: Kind }>,
): Promise<void> {
  const step: Steps[Kind] = steps[command.do];
  await step(world, command);
}

const steps: Steps = {
  store: async (world, { study, number }) => {
    await world.store(pick([...world.model.studies.values()], study), number);
  },
  adopt: (world, { schedule, ...people }) => world.adopt(schedule, people),
  hold: placeHold,
  release: async (world, { hold: which, by }) => {
    const hold = latest(world.model.holds, which);
    if (hold === undefined) return;
    const release = { legalHoldId: hold.id, reason: 'over' };
    const released = await world.attempt(() => releaseLegalHold(world.ports, release, actors[by]));
    if (released === undefined) return;
    hold.isReleased = true;
    world.demand(hold.placedBy !== by && actors[by].isOperator, 'a hold was released by who must not');
  },
  register: async (world, { patient, kind, isTrue }) => {
    const { patientId } = PATIENTS[patient];
    const on = dayOfFact(world, { patient, kind, isTrue });
    const fact = { issuer: HOSPITAL, patientId, kind, on, source: 'test' };
    const registered = await world.attempt(() => registerFact(world.ports, fact, actors.anna));
    if (registered?.id !== undefined)
      world.model.facts.push({ id: registered.id, patient, kind, on, isWithdrawn: false });
  },
  'withdraw-fact': async (world, { fact: which }) => {
    const fact = latest(world.model.facts, which);
    if (fact === undefined || fact.isWithdrawn) return;
    await withdrawFact(world.ports, fact.id, actors.anna);
    fact.isWithdrawn = true;
  },
  link: async (world, { one, other, state }) => {
    const named = (patient: PatientName) => ({ issuer: HOSPITAL, patientId: PATIENTS[patient].patientId });
    const decision = { one: named(one), other: named(other), state };
    const decided = await world.attempt(() => decideLink(world.ports, decision, actors.anna));
    if (decided === undefined) return;
    if (state === 'removed') world.model.links.delete(pairOf(one, other));
    else world.model.links.set(pairOf(one, other), state);
  },
  reject,
  restore: async (world, { rejection: which }) => {
    const rejection = latest([...world.model.rejections.values()], which);
    if (rejection === undefined) return;
    const restoration = { rejectionId: rejection.id, reason: 'a mistake' };
    const restored = await world.attempt(() =>
      restoreByHand(rejectionPorts(world), restoration, actors.anna),
    );
    if (restored !== undefined) rejection.isRestored = true;
  },
  plan: async (world, { kind, by, validDays }) => {
    const made = await world.attempt(() => makePlan(world.ports, { kind, validDays }, actors[by]));
    if (made?.plan !== undefined) await learnPlan(world, made.plan, by);
  },
  approve: async (world, { plan: which, by, isOfDigest }) => {
    const plan = latest([...world.model.plans.values()], which);
    if (plan === undefined) return;
    const sha256 = isOfDigest ? plan.sha256 : '0'.repeat(64);
    const approved = await world.attempt(() =>
      approveDispositionPlan(world.ports, { planId: plan.id, sha256 }, actors[by]),
    );
    if (approved === undefined) return;
    plan.approvedBy = by;
    world.demand(
      isOfDigest && actors[by].isOperator && plan.madeBy !== by,
      'a plan was approved by who must not',
    );
  },
  'withdraw-plan': async (world, { plan: which, by }) => {
    const plan = latest([...world.model.plans.values()], which);
    if (plan === undefined) return;
    const withdrawn = await world.attempt(() => withdrawDispositionPlan(world.ports, plan.id, actors[by]));
    if (withdrawn !== undefined) plan.isWithdrawn = true;
  },
  execute,
  resume: async (world, { interruption }) => {
    await interrupted(world, interruption, (ports, signal) => resumeDispositions(ports, signal));
  },
  tidy: async ({ here: { archive } }) => {
    await compactNow(compactionPorts(archive), { dryRun: false });
    while ((await supersedeSegments(archive)) > 0);
  },
  pass: (world, { days }) => {
    world.model.nowMs += days * DAY_MS;
    return Promise.resolve();
  },
};

/** Counted from the last one. */
function latest<Item>(items: readonly Item[], number: number): Item | undefined {
  return items.length === 0 ? undefined : pick(items.toReversed(), number);
}

async function placeHold(
  world: RetentionWorld,
  { scope: wanted, study: which, by }: Extract<Command, { do: 'hold' }>,
): Promise<void> {
  const { uid, patient } = pick([...world.model.studies.values()], which);
  const scopes: Record<typeof wanted, readonly [ModelScope, Pick<HoldRequest, 'studies' | 'condition'>]> = {
    study: [{ study: uid }, { studies: [uid] }],
    patient: [
      { patient },
      { condition: `patient: [{ issuer: ${HOSPITAL}, id: ${PATIENTS[patient].patientId} }]` },
    ],
    before: [{ before: '2016-01-01' }, { condition: 'studyDate: { before: 2016-01-01 }' }],
    everything: ['everything', { condition: 'modality: [CT]' }],
  };
  const [scope, written] = scopes[wanted];
  const request = {
    reason: 'inquiry',
    authority: 'court',
    owner: 'archivist',
    reviewOn: '2199-01-01',
    ...written,
  };
  const { legalHoldId } = await placeLegalHold(world.ports, request, actors[by]);
  world.model.holds.push({ id: legalHoldId, scope, placedBy: by, isReleased: false });
}

/** A true birth date is that of the studies; a death that is not true was before them. */
function dayOfFact(
  { model }: RetentionWorld,
  {
    patient,
    kind,
    isTrue,
  }: { readonly patient: PatientName; readonly kind: FactKind; readonly isTrue: boolean },
): Day {
  if (kind === 'contact') return model.today;
  if (kind === 'death') return isTrue ? '2024-04-01' : '2012-06-01';
  return isTrue ? (PATIENTS[patient].birthDate ?? '1975-10-10') : '1933-03-03';
}

function rejectionPorts({ ports }: RetentionWorld) {
  return { ...ports, directory: new Directory(ports.database, () => performance.now()) };
}

async function reject(
  world: RetentionWorld,
  { study: which, part, number }: Extract<Command, { do: 'reject' }>,
): Promise<void> {
  const { model } = world;
  const study = pick([...model.studies.values()], which);
  const { seriesInstanceUid, sopInstanceUid } = instanceOf(study, number);
  const shown = shownIn(model, study);
  const request = {
    studyInstanceUid: study.uid,
    reason: '113001',
    comment: 'blurred',
    ...(part === 'instance' && { seriesInstanceUid, sopInstanceUids: [sopInstanceUid] }),
  };
  const rejection = await world.attempt(() => rejectByHand(rejectionPorts(world), request, actors.clara));
  if (rejection === undefined) return;
  const instances = part === 'study' ? shown : shown.intersection(new Set([sopInstanceUid]));
  model.rejections.set(rejection.rejectionId, {
    id: rejection.rejectionId,
    study: study.uid,
    instances,
    rejectedAtMs: model.nowMs,
    planId: undefined,
    isRestored: false,
  });
}

async function learnPlan(world: RetentionWorld, plan: Plan, madeBy: string): Promise<void> {
  const { model } = world;
  const found = await readPlanItems(world.here.archive.database, plan.planId, { after: 0, limit: 1_000 });
  const items = found.flatMap(({ studyInstanceUid, rejectionId }): ModelItem[] => {
    const study = model.studies.get(studyInstanceUid);
    const rejection = rejectionId === undefined ? undefined : model.rejections.get(rejectionId);
    const instances = rejectionId === undefined ? study && presentIn(study) : rejection?.instances;
    world.demand(instances !== undefined, `${studyInstanceUid} is planned, and is not there`);
    return instances === undefined ? [] : [{ study: studyInstanceUid, rejectionId, instances }];
  });
  const learnt: ModelPlan = {
    id: plan.planId,
    kind: plan.kind,
    schedule: `${plan.schedule}@${plan.scheduleVersion}`,
    sha256: plan.sha256.toString('hex'),
    madeBy,
    expiresAtMs: plan.expiresAt.getTime(),
    items,
    approvedBy: undefined,
    isWithdrawn: false,
  };
  model.plans.set(plan.planId, learnt);
}

async function execute(
  world: RetentionWorld,
  { plan: which, isDryRun, interruption }: Extract<Command, { do: 'execute' }>,
): Promise<void> {
  const plan = latest([...world.model.plans.values()], which);
  if (plan === undefined) return;
  const before = isDryRun ? await everythingIn(world) : undefined;
  await interrupted(world, interruption, (ports, signal) =>
    executePlan(ports, { planId: plan.id, executedBy: 'clara', isDryRun, signal }),
  );
  if (before !== undefined)
    world.demand(before === (await everythingIn(world)), 'a dry run has changed something');
}

/** What a dry run must not change, as text. */
async function everythingIn({ here: { archive } }: RetentionWorld): Promise<string> {
  const tables = [
    'rejection',
    'disposition',
    'disposition_plan',
    'disposition_plan_item',
    'sop_instance',
    'journal_line',
  ];
  const rows = [];
  for (const table of tables)
    rows.push((await archive.database.query({ text: `select * from ${table} order by 1, 2` })).rows);
  const objects = await Array.fromAsync(archive.store.list(''));
  return JSON.stringify([rows, objects]);
}

/** Lets the work be killed or stopped in the middle. Whoever is not interrupted must not fail, but for a refusal. */
async function interrupted(
  world: RetentionWorld,
  interruption: Interruption | undefined,
  work: (ports: RetentionWorld['ports'], signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const stopping = new AbortController();
  const { calls = Number.POSITIVE_INFINITY, how = 'killed' } = interruption ?? {};
  const fuse = new Fuse(calls, how === 'stopped' ? () => stopping.abort() : undefined);
  try {
    await work(fusedPorts(world.ports, fuse), stopping.signal);
  } catch (error) {
    const isOurs =
      fuse.isBurnt &&
      (isStorageError(error) ||
        error instanceof JournalError ||
        error instanceof DatabaseError ||
        isAbort(error));
    if (!isOurs && !isDispositionError(error)) throw error;
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
