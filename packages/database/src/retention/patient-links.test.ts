import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { listIdentityConflicts } from '../identity-conflicts.ts';
import { journalLines } from '../testing/kept-back.ts';
import { People } from '../testing/people.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { listAlikePatients } from './alike-patients.ts';
import { decidePatientLink, listPatientLinks, type PatientLinkDecision } from './patient-links.ts';
import { rejectInstances } from './rejections.ts';
import { restoreRejection } from './restore-rejection.ts';
import { settleConflicts } from './settle-conflicts.ts';
import { readSubject } from './subjects.ts';

let test: TestDatabase;
let database: Database;
let people: People;
let number = 0;
/** Three patients of each test, each with a study. */
let ids: readonly [a: string, b: string, c: string];
let studies: readonly [string, string, string];
const named = (patientId: string) => ({ issuer: 'hospital', patientId });

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  people = await People.in(database);
});
afterAll(() => test?.drop());
beforeEach(async () => {
  number += 1;
  ids = [`P${number}a`, `P${number}b`, `P${number}c`];
  studies = [`2.25.${number}1`, `2.25.${number}2`, `2.25.${number}3`];
  for (const [index, patientId] of ids.entries())
    await people.store({ studyInstanceUid: studies[index] ?? '', patientId });
});

function decide(one: string, other: string, state: PatientLinkDecision['state']): Promise<void> {
  const decision = { one: named(one), other: named(other), state };
  return database.inTransaction((client) => decidePatientLink(client, decision, 'manager'));
}

const settle = () => settleConflicts(database, { now: () => new Date() });

describe('a link', () => {
  it('is proposed, confirmed and removed, each in the journal', async () => {
    const [a, b] = ids;
    for (const state of ['candidate', 'confirmed', 'removed'] as const) {
      await decide(b, a, state);
      expect((await journalLines(database, 1))[0]).toEqual({
        kind: 'patient-link-decided',
        fact: { one: named(b), other: named(a), state },
        decided_by: 'manager',
      });
    }
    expect(await listPatientLinks(database, { patient: named(a) }, 10)).toEqual([]);
  });

  it('is listed with all identifiers', async () => {
    const [a, b] = ids;
    await decide(a, b, 'refused');
    expect(await listPatientLinks(database, { state: 'refused', patient: named(b) }, 10)).toMatchObject([
      { one: [named(a)], other: [named(b)], state: 'refused', decidedBy: 'manager' },
    ]);
    expect(await listPatientLinks(database, { state: 'confirmed', patient: named(b) }, 10)).toEqual([]);
  });

  it('is decided once: what stands is removed first', async () => {
    const [a, b] = ids;
    await expect(decide(a, b, 'removed')).rejects.toMatchObject({ code: 'not-found' });
    await decide(a, b, 'confirmed');
    for (const state of ['candidate', 'confirmed', 'refused'] as const)
      await expect(decide(a, b, state)).rejects.toMatchObject({ code: 'conflict' });
    await decide(a, b, 'removed');
    await decide(a, b, 'refused');
    await expect(decide(a, b, 'confirmed')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is of two patients that there are', async () => {
    const [a] = ids;
    await expect(decide(a, 'nobody', 'confirmed')).rejects.toMatchObject({ code: 'not-found' });
    await expect(decide(a, a, 'confirmed')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('never contradicts others', async () => {
    const [a, b, c] = ids;
    await decide(a, b, 'confirmed');
    await decide(b, c, 'refused');
    await expect(decide(a, c, 'confirmed')).rejects.toMatchObject({ code: 'conflict' });
    await decide(b, c, 'removed');
    await decide(b, c, 'confirmed');
    await expect(decide(a, c, 'refused')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is decided by one of many that decide at once, and never against another', async () => {
    const [a, b, c] = ids;
    const outcomes = await Promise.allSettled([
      decide(a, b, 'confirmed'),
      decide(b, a, 'refused'),
      decide(b, c, 'confirmed'),
      decide(a, c, 'refused'),
    ]);
    const links = await listPatientLinks(database, {}, 100);
    const of = links.filter(({ one }) => ids.includes(one[0]?.patientId ?? ''));
    expect(of).toHaveLength(outcomes.filter(({ status }) => status === 'fulfilled').length);
    // Two of one person and one of another at most: never confirmed around and refused within.
    const subject = await readSubject(database, studies[0]);
    const isRefusedWithin = of.some(
      ({ state, one, other }) =>
        state === 'refused' &&
        [one, other].every((side) =>
          subject?.patient.identifiers.some(({ id }) => id === side[0]?.patientId),
        ),
    );
    expect(isRefusedWithin).toBe(false);
  });
});

describe('an identity conflict', () => {
  const stateOf = async (sopInstanceUid: string) => {
    const result = await database.query<{ state: string; same: boolean; held: number }>({
      text: `select p.state, p.state = i.state as same from sop_instance p
        join instance i on i.study_key = p.study_key and i.sop_instance_uid = p.sop_instance_uid
        where p.sop_instance_uid = $1`,
      values: [sopInstanceUid],
    });
    expect(result.rows[0]?.same).toBe(true);
    return result.rows[0]?.state;
  };
  const countOf = async (studyInstanceUid: string) => {
    const result = await database.query<{ instances: number; revision: number; in_series: number }>({
      text: `select number_of_instances as instances, revision,
          (select sum(number_of_instances) from series e where e.study_key = s.study_key)::int as in_series
        from study s where study_instance_uid = $1`,
      values: [studyInstanceUid],
    });
    return result.rows[0];
  };

  it('is settled by a link, by way of others too, and stands again without it', async () => {
    const [a, b, c] = ids;
    const [study] = studies;
    const stranger = `${study}.1.9`;
    expect(await people.store({ studyInstanceUid: study, sopInstanceUid: stranger, patientId: c })).toBe(
      'identity-conflict',
    );
    await decide(a, b, 'confirmed');
    expect(await settle()).toEqual({ shown: 0, heldAgain: 0 });
    const before = await countOf(study);

    await decide(b, c, 'confirmed');
    expect(await settle()).toEqual({ shown: 1, heldAgain: 0 });
    expect(await stateOf(stranger)).toBe('active');
    const after = await countOf(study);
    expect(after).toMatchObject({ instances: 2, in_series: 2 });
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
    expect(await listIdentityConflicts(database, {}, 10)).toEqual([]);
    const decided = await database.query({
      text: `select c.decided_by = l.decided_by and c.decided_at = l.decided_at as same
        from identity_conflict c, (select * from patient_link order by patient_link_id desc limit 1) l
        where c.sop_instance_uid = $1`,
      values: [stranger],
    });
    expect(decided.rows).toEqual([{ same: true }]);
    expect((await readSubject(database, study))?.hasIdentityConflict).toBe(false);
    expect(await settle()).toEqual({ shown: 0, heldAgain: 0 });

    await decide(b, c, 'removed');
    expect(await settle()).toEqual({ shown: 0, heldAgain: 1 });
    expect(await stateOf(stranger)).toBe('identity-conflict');
    expect(await countOf(study)).toMatchObject({ instances: 1, in_series: 1 });
    expect((await readSubject(database, study))?.hasIdentityConflict).toBe(true);
    const told = await database.query<{ kind: string }>({
      text: 'select kind from change_outbox where sop_instance_uids = array[$1] order by change_outbox_id',
      values: [stranger],
    });
    expect(told.rows.map(({ kind }) => kind)).toEqual(['shown', 'held-out']);
  });

  it('does not arise between linked patients', async () => {
    const [a, b, c] = ids;
    await decide(a, b, 'confirmed');
    await decide(b, c, 'confirmed');
    expect(
      await people.store({
        studyInstanceUid: studies[0],
        sopInstanceUid: `${studies[0]}.1.9`,
        patientId: c,
      }),
    ).toBe('stored');
  });

  it('of a rejected instance is settled without showing it', async () => {
    const [a, b] = ids;
    const [study] = studies;
    const stranger = `${study}.1.9`;
    await people.store({ studyInstanceUid: study, sopInstanceUid: stranger, patientId: b });
    const rejection = { rejectionId: randomUUID(), rejectedBy: 'test', now: new Date() };
    await database.inTransaction((client) =>
      rejectInstances(client, {
        ...rejection,
        studyInstanceUid: study,
        reasonCode: '113001',
        reasonText: 'blurred',
        restoreUntil: new Date(),
      }),
    );
    await decide(a, b, 'confirmed');
    expect(await settle()).toEqual({ shown: 0, heldAgain: 0 });
    expect(await stateOf(stranger)).toBe('rejected');
    await database.inTransaction((client) =>
      restoreRejection(client, { ...rejection, reason: 'it was not', restoredBy: 'test' }),
    );
    expect(await stateOf(stranger)).toBe('active');
  });
});

describe('the list of who may be one person', () => {
  it('has each pair once, until somebody says anything of it', async () => {
    const like = { name: 'Listed^Twice', birthDate: '19600606' };
    const [a, b, c] = ['La', 'Lb', 'Lc'];
    for (const patientId of [a, b, c])
      await people.store({ studyInstanceUid: `2.25.77${patientId.charCodeAt(1)}`, patientId, ...like });
    await people.store({ studyInstanceUid: '2.25.7700', patientId: undefined, ...like });
    const pairs = async () => {
      const found: string[] = [];
      let page = await listAlikePatients(database, undefined, 2);
      for (;;) {
        for (const { name, birthDate, one, other } of page.pairs) {
          expect([name, birthDate]).toEqual(['Listed^Twice', '1960-06-06']);
          found.push([one, other].map(({ identifiers }) => identifiers[0]?.patientId ?? 'none').join(' '));
        }
        if (page.next === undefined) return found.sort();
        page = await listAlikePatients(database, page.next, 2);
      }
    };
    expect(await pairs()).toEqual(['La Lb', 'La Lc', 'La none', 'Lb Lc', 'Lb none', 'Lc none']);
    await decide(a, b, 'confirmed');
    await decide(b, c, 'refused');
    expect(await pairs()).toEqual(['La none', 'Lb none', 'Lc none']);
    await decide(b, c, 'removed');
    await decide(b, c, 'candidate');
    expect(await pairs()).toEqual(['La Lc', 'La none', 'Lb none', 'Lc none']);
  });
});
