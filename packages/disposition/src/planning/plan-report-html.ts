/** The HTML of a plan's report: one page without scripts or foreign parts, whose head repeats on each sheet of a PDF. */
import type { PlanItem, PlanProgress } from '@sandyq/database';
import type { DescribedPlan } from './describe-plan.ts';

const STYLE = `body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#111}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
td.n{text-align:right;white-space:nowrap}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
@page{size:A4 landscape;margin:12mm}
@media print{body{margin:0;font-size:9pt}thead{display:table-header-group}tr{break-inside:avoid}}`;

const HEAD = ['No.', 'Study', 'Facility', 'Action', 'Rule', 'From', 'Instances', 'Bytes', 'State', 'Outcome'];

/** Up to the first item. */
export function htmlStart(plan: DescribedPlan, progress: readonly PlanProgress[]): string {
  const facts: [string, string | number | undefined][] = [
    ['Plan', plan.id],
    ['Kind', plan.kind === 'schedule' ? 'studies by the retention schedule' : 'rejected instances'],
    ['State', plan.state],
    ['Schedule', `${plan.schedule}, version ${plan.scheduleVersion}`],
    ['Digest (SHA-256)', plan.sha256],
    ['Studies', plan.studies],
    ['Instances', plan.instances],
    ['Bytes', plan.bytes],
    ['Planned', `${plan.createdAt.toISOString()} by ${plan.createdBy}`],
    ['Approved', plan.approvedAt && `${plan.approvedAt.toISOString()} by ${plan.approvedBy ?? ''}`],
    ['Withdrawn', plan.withdrawnAt && `${plan.withdrawnAt.toISOString()} by ${plan.withdrawnBy ?? ''}`],
    ['Expires', plan.expiresAt.toISOString()],
  ];
  const told = facts.filter(([, value]) => value !== undefined);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Disposition plan ${escaped(plan.id)}</title><style>${STYLE}</style></head>
<body><h1>Disposition plan</h1>
<dl>${told.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>
<table><thead><tr><th>State</th><th>Action</th><th>Items</th><th>Instances</th><th>Bytes</th></tr></thead><tbody>${progress
    .map((one) => row([one.state, one.action, one.studies, one.instances, one.bytes]))
    .join('')}</tbody></table>
<table><thead><tr>${HEAD.map((name) => `<th>${name}</th>`).join('')}</tr></thead><tbody>
`;
}

/** One item. */
export function htmlRow(item: PlanItem): string {
  const study =
    item.rejectionId === undefined
      ? item.studyInstanceUid
      : `${item.studyInstanceUid} (rejection ${item.rejectionId})`;
  return `${row([
    item.ordinal,
    study,
    item.facility,
    item.action,
    item.rule,
    item.earliestDisposition,
    item.instances,
    item.bytes,
    item.state,
    item.outcome,
  ])}\n`;
}

/** After the last item. */
export const htmlEnd = '</tbody></table></body></html>\n';

function row(cells: readonly (string | number | undefined)[]): string {
  const written = cells.map((cell) =>
    typeof cell === 'number' ? `<td class="n">${cell}</td>` : `<td>${escaped(cell)}</td>`,
  );
  return `<tr>${written.join('')}</tr>`;
}

function escaped(value: string | number | undefined): string {
  return String(value ?? '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
