/** `/admin/retention/rejections`: what administrators ask for, and what they are refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRejections } from '../support/rejecting.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let here: QuarantineArchive;

beforeAll(async () => {
  here = await QuarantineArchive.start();
});
afterAll(() => here?.test.stop());

const ask = (path: string, body?: object) => askRejections(here.test.url, here.administrator, path, body);

async function reject(scope: object): Promise<string> {
  const { status, json } = await ask('', { reason: '113037', comment: 'wrong side', ...scope });
  expect(json).toMatchObject({ state: 'rejected', reason: '113037' });
  expect(status).toBe(201);
  return String(json['id']);
}

async function restore(id: string): Promise<void> {
  const { status, json } = await ask(`/${id}/restore`, { reason: 'it was the right side' });
  expect(json).toMatchObject({ state: 'restored', instances: 0 });
  expect(status).toBe(200);
}

describe('the admin API', () => {
  it('says what a rejection would hide, and refuses what cannot be done', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await here.store(imageOf(study, 2).bytes);
    const request = { studyInstanceUid: study, reason: '113001', comment: 'blurred' };
    expect(await ask('/survey', request)).toEqual({ status: 200, json: { instances: 2 } });
    expect(await here.instanceCount(study)).toBe(2);
    const refusals: (readonly [object, number])[] = [
      [{ ...request, reason: '113000' }, 400],
      [{ ...request, comment: ' ' }, 400],
      [{ ...request, sopInstanceUids: [`${study}.1.1`] }, 400],
      [{ ...request, studyInstanceUid: '9.9.9' }, 404],
      [{ ...request, seriesInstanceUid: '9.9.9' }, 409],
    ];
    for (const [body, status] of refusals) expect((await ask('', body)).status).toBe(status);
    expect((await ask('/not-an-id')).status).toBe(400);
    expect((await ask('/018f0000-0000-7000-8000-00000000000a')).status).toBe(404);
  });

  it('rejects what is under a legal hold, because nothing is lost by it', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const held = await fetch(`${here.test.url}/admin/retention/holds`, {
      method: 'POST',
      headers: { ...here.administrator, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        reason: 'a complaint',
        authority: 'court',
        owner: 'legal department',
        reviewOn: '2999-01-31',
        studies: [study],
      }),
    });
    expect(held.status).toBe(201);
    await restore(await reject({ studyInstanceUid: study }));
    expect(await here.instanceCount(study)).toBe(1);
  });

  it('lists rejections, newest first, and restores each once', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await here.store(imageOf(study, 2).bytes);
    const scope = { studyInstanceUid: study, seriesInstanceUid: `${study}.1` };
    const first = await reject({ ...scope, sopInstanceUids: [`${study}.1.1`] });
    const second = await reject(scope);
    const listed = await ask(`?study=${study}`);
    expect(listed.json['rejections']).toMatchObject([
      { id: second, instances: 1, state: 'rejected', comment: 'wrong side' },
      { id: first, instances: 1 },
    ]);
    expect((await ask(`?study=${study}&before=${second}`)).json['rejections']).toMatchObject([{ id: first }]);
    await restore(first);
    expect((await ask(`/${first}/restore`, { reason: 'again' })).status).toBe(409);
    expect((await ask(`?study=${study}&state=rejected`)).json['rejections']).toMatchObject([{ id: second }]);
    const lines = await here.test.archive.database.query({
      text: `select kind from journal_line l where fact ->> 'rejectionId' = any ($1)
        and (l.epoch, l.position) <= (select h.epoch, h.position from journal_head h) order by journal_line_id`,
      values: [[first, second]],
    });
    expect(lines.rows.map(({ kind }) => String(kind))).toEqual([
      'instances-rejected',
      'instances-rejected',
      'instances-restored',
    ]);
  });

  it('is for those who keep retention', async () => {
    const { status } = await askRejections(here.test.url, here.radiologist, '');
    expect(status).toBe(403);
  });
});
