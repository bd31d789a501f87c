/** What a rejection note has named before it came is hidden when it comes: the order makes no difference. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalLines } from '../testing/kept-back.ts';
import { NotedStudies } from '../testing/noted-studies.ts';
import { watchedDatabase } from '../testing/watched-database.ts';
import { GroupCommit } from './group-commit.ts';

let here: NotedStudies;
beforeAll(async () => {
  here = await NotedStudies.start();
});
afterAll(() => here?.stop());

const DAY_MS = 86_400_000;

describe('an instance that a note has named before it came', () => {
  it('is stored, hidden and registered as if it had come first', async () => {
    const [before, after] = [here.newStudy(), here.newStudy()];
    await here.arrive(before, [1, 2, 3]);
    await here.note({ study: before, numbers: [1, 2] });
    await here.note({ study: after, numbers: [1, 2] });
    expect(await here.statesOf(after)).toEqual(['awaited', 'awaited']);
    expect(await here.arrive(after, [1, 2, 3])).toEqual(['rejected', 'rejected', 'stored']);
    expect(await here.rowsOf(after)).toEqual(await here.rowsOf(before));
    expect(await here.rowsOf(after)).toMatchObject({
      rejections: 1,
      awaited: 0,
      shown: [{ number_of_instances: 1 }],
    });
  });

  it('is told of in the journal: what is awaited by the line of the note, then its bytes', async () => {
    const study = here.newStudy();
    const rejectionId = await here.note({ study, numbers: [1, 2] });
    await here.arrive(study, [2]);
    const facts = (await journalLines(here.database, 2))
      .map(({ kind, fact }) => ({ kind, ...fact }))
      .reverse();
    const line = { kind: 'instances-rejected', rejectionId, noteUid: `${study}.9` };
    expect(facts).toMatchObject([
      { ...line, instances: [], awaited: [`${study}.1.1`, `${study}.1.2`], facility: 'hospital' },
      { ...line, instances: [{ sopInstanceUid: `${study}.1.2`, seriesInstanceUid: `${study}.1` }] },
    ]);
  });

  it('is refused like any that was rejected when it comes again', async () => {
    const study = here.newStudy();
    await here.note({ study, numbers: [1] });
    await here.arrive(study, [1]);
    expect(await here.arrive(study, [1], { bytes: 'other' })).toEqual(['exists']);
    expect(await here.statesOf(study)).toEqual(['rejected']);
  });

  it('is hidden once where it comes twice in one request', async () => {
    const study = here.newStudy();
    await here.note({ study, numbers: [1] });
    expect(await here.arrive(study, [1, 1])).toEqual(['rejected', 'exists']);
  });

  it('is shown where the note speaks of another series, or is of another facility', async () => {
    const [elsewhereNamed, foreign] = [here.newStudy(), here.newStudy()];
    await here.note({ study: elsewhereNamed, numbers: [1], series: 2 });
    await here.note({ study: foreign, numbers: [1], facility: here.clinic });
    for (const study of [elsewhereNamed, foreign]) {
      expect(await here.arrive(study, [1])).toEqual(['stored']);
      expect(await here.rowsOf(study)).toMatchObject({ awaited: 0, shown: [{ number_of_instances: 1 }] });
    }
    // Whose study it is now known to be may reject it.
    await here.note({ study: foreign, numbers: [1] });
    expect(await here.statesOf(foreign)).toEqual(['rejected']);
  });

  it('is hidden by the facility whose study it is, whoever else has named it first', async () => {
    const study = here.newStudy();
    await here.note({ study, numbers: [1], facility: here.clinic, noteUid: `${study}.8` });
    await here.note({ study, numbers: [1] });
    expect(await here.arrive(study, [1])).toEqual(['rejected']);
  });

  it('is awaited on where it comes first from another facility with another patient', async () => {
    const study = here.newStudy();
    await here.arrive(study, [3]);
    await here.note({ study, numbers: [1] });
    expect(await here.arrive(study, [1], { facility: here.clinic, patientId: 'P9' })).toEqual([
      'facility-conflict',
    ]);
    expect(await here.statesOf(study)).toEqual(['awaited', 'active']);
    expect(await here.arrive(study, [1])).toEqual(['rejected']);
  });

  it('comes back as held out where its patient is another one', async () => {
    const study = here.newStudy();
    await here.arrive(study, [3]);
    const rejectionId = await here.note({ study, numbers: [1] });
    expect(await here.arrive(study, [1], { patientId: 'P9' })).toEqual(['rejected']);
    await here.restore(rejectionId);
    expect(await here.statesOf(study)).toEqual(['identity-conflict', 'active']);
  });
});

it('what nobody has named pays nothing: not a statement more is sent', async () => {
  const sent: string[] = [];
  const watched = watchedDatabase(here.database, ({ name, text }) => sent.push(name ?? text));
  const study = here.newStudy();
  await new GroupCommit(watched).submit(here.segmentOf(study, [1, 2]));
  expect(sent).toContain('count-in-study');
  expect(sent.filter((name) => name.includes('await'))).toEqual([]);
  await here.note({ study, numbers: [3] });
  await new GroupCommit(watched).submit(here.segmentOf(study, [3]));
  expect(sent.filter((name) => name.includes('await'))).not.toEqual([]);
});

describe('a note that was restored', () => {
  it('hides nothing more: before the instance came, between two, and after', async () => {
    const study = here.newStudy();
    const rejectionId = await here.note({ study, numbers: [1, 2] });
    await here.arrive(study, [1]);
    expect(await here.restore(rejectionId)).toBe(1);
    expect(await here.arrive(study, [2])).toEqual(['stored']);
    expect(await here.rowsOf(study)).toMatchObject({
      awaited: 0,
      register: null,
      shown: [{ number_of_instances: 2 }],
    });
  });

  it('leaves no trace of what never came', async () => {
    const study = here.newStudy();
    await here.restore(await here.note({ study, numbers: [1] }));
    expect(await here.statesOf(study)).toEqual([]);
  });
});

describe('what comes after the grace of its note, or after the purge of what was here', () => {
  it.each([
    ['rejected', new Date(Date.now() - 31 * DAY_MS)],
    ['purged', new Date()],
  ])('has a rejection and a grace of its own, one for all of it (%s)', async (state, at) => {
    const study = here.newStudy();
    const rejectionId = await here.note({ study, numbers: [1, 2], at });
    const text = 'update rejection set state = $2 where rejection_id = $1';
    await here.database.query({ text, values: [rejectionId, state] });
    expect([await here.arrive(study, [1]), await here.arrive(study, [2])]).toEqual([
      ['rejected'],
      ['rejected'],
    ]);
    const followed = await here.database.query<{ rejection_id: string; is_restorable: boolean }>({
      text: `select rejection_id, restore_until > now() + interval '29 days' as is_restorable from rejection
        where note_uid = $1 and rejection_id <> $2`,
      values: [`${study}.9`, rejectionId],
    });
    expect(followed.rows).toMatchObject([{ is_restorable: true }]);
    expect(await here.restore(followed.rows[0]?.rejection_id ?? '')).toBe(2);
  });
});
