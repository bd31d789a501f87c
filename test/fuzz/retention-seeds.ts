/** Valid requests for what takes long: they are answered at once, and worked off while others come. */
import { type FuzzRequest, requestOf } from './fuzz-request.ts';

const ID = '018f0000-0000-7000-8000-000000000000';

const SCHEDULE = `schedule: fuzz
version: 1
title: Fuzz
source: a test
timeZone: UTC
effective: { from: 2000-01-01 }
absence: { death: alive, diagnosis: none, programme: none }
rules:
  - id: all
    title: Everything
    when: { modality: [CT] }
    keep: { atLeast: [{ period: 1y, from: study-date }] }
    atEnd: review
`;

/** What-ifs, plans and executions, and what becomes of them. */
export function retentionSeeds(): FuzzRequest[] {
  const post = (path: string, body: object): FuzzRequest =>
    requestOf(
      'POST',
      `/admin/retention/${path}`,
      { 'Content-Type': 'application/json' },
      Buffer.from(JSON.stringify(body)),
    );
  const get = (path: string): FuzzRequest => requestOf('GET', `/admin/retention/${path}`, { Accept: '*/*' });
  return [
    post('what-if', { text: SCHEDULE, facility: 'default' }),
    post('what-if', { schedule: 'us-federal' }),
    post('plans', { kind: 'rejections', limit: 10, validDays: 1 }),
    post(`plans/${ID}/execute`, { dryRun: false, studiesPerSecond: 0.5, bytesPerSecond: 1e9 }),
    post(`requests/${ID}/stop`, {}),
    get(`requests/${ID}`),
    get(`requests?limit=2&before=${ID}`),
    get('plans?state=open&limit=1'),
    get(`plans/${ID}/items?after=0`),
    get('facts?kind=birth&withdrawn=true&limit=1'),
  ];
}
