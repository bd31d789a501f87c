import type { PlanItem } from '@sandyq/database';
import { describe, expect, it } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { csvRow } from './plan-report.ts';
import { htmlRow, htmlStart } from './plan-report-html.ts';

const item: PlanItem = {
  planId: 'p',
  ordinal: 1,
  studyInstanceUid: '1.2',
  facility: 'north',
  rejectionId: undefined,
  contentSha256: Buffer.alloc(32, 1),
  rule: 'all',
  action: 'destroy',
  earliestDisposition: '2026-01-01',
  instances: 2,
  bytes: 3,
  state: 'skipped',
  outcome: 'said "no", and <why>',
  changedAt: new Date('2026-06-01T00:00:00Z'),
};

describe('a row', () => {
  it('of CSV is quoted where it must be', () => {
    const digest = '01'.repeat(32);
    expect(csvRow(item)).toBe(
      `1,1.2,north,,destroy,all,2026-01-01,2,3,${digest},skipped,"said ""no"", and <why>",2026-06-01T00:00:00.000Z\r\n`,
    );
  });

  it.each(['=1+1', '+1', '-1', '@x'])('of CSV is no formula of a spreadsheet: %s', (outcome) => {
    expect(csvRow({ ...item, outcome })).toContain(`,'${outcome},`);
  });

  it('of HTML is text', () => {
    expect(htmlRow(item)).toContain('<td>said &quot;no&quot;, and &lt;why&gt;</td>');
  });
});

it('the HTML says who decided what, and leaves out what nobody did', () => {
  const plan = describePlan(
    {
      planId: 'p',
      kind: 'schedule',
      schedule: 'test',
      scheduleVersion: 1,
      sha256: Buffer.alloc(32, 7),
      studies: 1,
      instances: 2,
      bytes: 3,
      createdBy: 'anna',
      createdAt: new Date('2026-06-01T00:00:00Z'),
      expiresAt: new Date('2026-07-01T00:00:00Z'),
      state: 'approved',
      approvedBy: 'boris',
      approvedAt: new Date('2026-06-02T00:00:00Z'),
      withdrawnBy: undefined,
      withdrawnAt: undefined,
    },
    { now: new Date('2026-07-01T00:00:00Z'), inForce: undefined },
  );
  const html = htmlStart(plan, []);
  expect(html).toContain('<dt>State</dt><dd>expired</dd>');
  expect(html).toContain('<dd>2026-06-02T00:00:00.000Z by boris</dd>');
  expect(html).toContain('07'.repeat(32));
  expect(html).not.toContain('Withdrawn');
});
