/**
 * Whatever administrators do, and whenever they are interrupted: nothing is purged under a hold, inside its minimum period,
 * without two people, or outside a plan; nothing else is lost. Random commands on real archives, compared with a model.
 * SANDYQ_TEST_SEQUENCES sets how many sequences are run, SANDYQ_TEST_SEED repeats a run.
 */
import { executePlan } from '@sandyq/disposition';
import { type ObjectStore, StorageError } from '@sandyq/storage';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRetentionTemplate, type RetentionTemplate } from '../support/retention-archive.ts';
import { type Betrayal, betrayals } from '../support/retention-betrayals.ts';
import { type Command, type Sequence, sequences } from '../support/retention-commands.ts';
import { goneIn } from '../support/retention-model.ts';
import { runCommand } from '../support/retention-steps.ts';
import { RetentionWorld } from '../support/retention-world.ts';
import { testSeed } from '../support/seeded-random.ts';

const seed = testSeed();
const SEQUENCES = Number(process.env['SANDYQ_TEST_SEQUENCES'] ?? 8);
/** Against what hangs. */
const LIMIT_MS = 300_000 + SEQUENCES * 60_000;

let template: RetentionTemplate;

beforeAll(async () => {
  template = await makeRetentionTemplate();
});
afterAll(() => template?.drop());

/** Runs a sequence to its end; throws with everything that is wrong after the first command that did it. */
async function run({ commands, ...start }: Sequence): Promise<RetentionWorld['model']> {
  const world = await RetentionWorld.open(template, start);
  try {
    await runAll(world, commands);
    expect(await world.end()).toEqual([]);
    return world.model;
  } finally {
    await world.here.stop();
  }
}

async function runAll(world: RetentionWorld, commands: readonly Command[]): Promise<void> {
  expect(await world.compare()).toEqual([]);
  for (const command of commands) {
    await runCommand(world, command);
    expect(await world.compare(), JSON.stringify(command)).toEqual([]);
  }
}

/** Everything that is found wrong until the end. */
async function faultsOf({ studies, graceDays = 0, before, betray, after }: Betrayal): Promise<string[]> {
  const world = await RetentionWorld.open(template, { studies, graceDays });
  try {
    await runAll(world, before);
    await betray(world);
    const faults: string[] = [];
    for (const command of after) {
      await runCommand(world, command);
      faults.push(...(await world.compare()));
    }
    return [...faults, ...(await world.end())];
  } finally {
    await world.here.stop();
  }
}

describe('the comparison sees that', () => {
  it.concurrent.each(betrayals)('$name', async (betrayal) => {
    expect(await faultsOf(betrayal)).toContainEqual(expect.stringMatching(betrayal.fault));
  });
});

/** All clocks say the same: nothing but the order of the decisions tells what the purge took. */
it('what comes and is rejected after a purge has begun does not go with it', async () => {
  const studies = [{ patient: 'adult', kind: 'old', instances: 2 }] as const;
  const world = await RetentionWorld.open(template, { studies, graceDays: 0 });
  try {
    await runAll(world, [
      { do: 'plan', kind: 'schedule', by: 'anna', validDays: 90 },
      { do: 'approve', plan: 0, by: 'boris', isOfDigest: true },
    ]);
    const [planId = ''] = world.model.plans.keys();
    const store = withoutDelete(world.ports.store);
    const request = { planId, executedBy: 'clara', isDryRun: false };
    await expect(executePlan({ ...world.ports, store }, request)).rejects.toThrow(DELETES_NOTHING);
    await runAll(world, [
      { do: 'store', study: 0, number: 3 },
      { do: 'store', study: 0, number: 4 },
      { do: 'reject', study: 0, part: 'instance', number: 3 },
      { do: 'resume', interruption: undefined },
    ]);
    expect(await world.end()).toEqual([]);
    expect(goneIn(world.model)).toEqual(['2.25.5000.1.2.1', '2.25.5000.1.1.2']);
  } finally {
    await world.here.stop();
  }
});

const DELETES_NOTHING = 'the store deletes nothing today';

function withoutDelete(store: ObjectStore): ObjectStore {
  return {
    ...store,
    delete: () => Promise.reject(new StorageError('unavailable', DELETES_NOTHING)),
  };
}

it(`no sequence of commands purges what must be kept (SANDYQ_TEST_SEED=${seed})`, {
  timeout: LIMIT_MS,
}, async () => {
  const seen = { commands: 0, plans: 0, approved: 0, rejected: 0, purges: 0, purged: 0 };
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const model = await run(sequence);
    seen.commands += sequence.commands.length;
    const plans = [...model.plans.values()];
    seen.plans += plans.length;
    seen.approved += plans.filter(({ approvedBy }) => approvedBy !== undefined).length;
    seen.rejected += [...model.rejections.values()].filter(({ planId }) => planId !== undefined).length;
    seen.purges += model.purges.size;
    seen.purged += goneIn(model).length;
  });
  await fc.assert(property, { seed, numRuns: SEQUENCES, endOnFailure: true });
  process.stderr.write(`retention: SANDYQ_TEST_SEED=${seed}: ${JSON.stringify(seen)}\n`);
  expect(seen.purged).toBeGreaterThan(0);
});
