/** What an administrator decides between a backup and the loss of the archive, and what the archive must still know of it. */
import { createHash } from 'node:crypto';
import { get, getJson } from '../../support/dicomweb.ts';
import type { Correspondence } from './correspondence.ts';
import type { SentInstance } from './sent-instances.ts';

type Row = Readonly<Record<string, unknown>>;

/** Decides some of what waits, of each kind; returns how much. The sender expects what follows from it. */
export async function decideSome(url: string, sender: Correspondence): Promise<number> {
  const { entries } = await getJson<{ entries: Row[] }>(`${url}/admin/quarantine?limit=1000`);
  const contradictions = entries.filter((entry) => entry['reason'] === 'duplicate-sop-instance');
  const [replacing, discarded] = contradictions;
  const { corrections } = await getJson<{ corrections: Row[] }>(
    `${url}/admin/proposed-corrections?limit=1000`,
  );
  const [correction] = corrections;
  if (replacing === undefined || discarded === undefined || correction === undefined) {
    throw new Error('there is too little to decide on');
  }
  await post(`${url}/admin/quarantine/${idOf(replacing)}/replace`);
  await post(`${url}/admin/quarantine/${idOf(discarded)}/discard`);
  await post(`${url}/admin/proposed-corrections/${idOf(correction)}/discard`);
  await expectReplaced(url, sender, replacing);
  return 3;
}

/** Of the entry's SOP Instance UID, the entry's bytes are now what is retrieved. */
async function expectReplaced(url: string, sender: Correspondence, replacing: Row): Promise<void> {
  const instance = sender.sent.get(String(replacing['sopInstanceUid']));
  if (instance === undefined) throw new Error('the replaced instance was never sent');
  const bytes = await original(url, instance);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== replacing['sha256'])
    throw new Error('the replaced instance has other bytes than the newcomer');
  sender.sent.set(instance.sopInstanceUid, { ...instance, bytes });
}

async function original(url: string, ids: SentInstance): Promise<Buffer> {
  const path = `${ids.studyInstanceUid}/${ids.seriesInstanceUid}/${ids.sopInstanceUid}`;
  const { status, body } = await get(`${url}/originals/${path}`);
  if (status !== 200) throw new Error(`${status} for the original of ${ids.sopInstanceUid}`);
  return body;
}

/** The key of a device, in a facility, of which the backup knows nothing. */
export async function newDeviceKey(url: string): Promise<string> {
  await post(`${url}/admin/facilities`, { code: 'LATE', name: 'Opened after the backup' });
  const equipment = { manufacturer: 'ACME', model: 'Scan64', serialNumber: '4711', modality: 'CT' };
  await post(`${url}/admin/devices`, {
    facility: 'LATE',
    code: 'LATE-CT',
    origin: 'local',
    ...equipment,
  });
  const made = await post(`${url}/admin/api-keys`, { roles: ['scanner'], device: 'LATE-CT', name: 'late' });
  return String(made['key']);
}

/** Lists of the admin API, without what a restore loses or numbers anew: counts of repeats, and numbers of rows. */
export async function picture(url: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = async (path: string, member: string): Promise<Row[]> => {
    const answer = await getJson<Readonly<Record<string, Row[]>>>(`${url}/admin/${path}`);
    return answer[member] ?? [];
  };
  const [quarantine, corrections, conflicts] = [
    await rows('quarantine?state=all&limit=1000', 'entries'),
    await rows('proposed-corrections?decided=true&limit=1000', 'corrections'),
    await rows('identity-conflicts?limit=1000', 'conflicts'),
  ];
  const what = ['sopInstanceUid', 'sha256', 'state', 'reason', 'facility', 'sizeBytes', 'receivedAt'];
  return {
    quarantine: lines(quarantine, [...what, 'decidedBy']),
    corrections: lines(corrections, [...what, 'decidedBy']),
    conflicts: lines(conflicts, ['sopInstanceUid', 'studyInstanceUid', 'state', 'facility']),
    facilities: lines(await rows('facilities', 'facilities')),
    issuers: lines(await rows('issuers', 'issuers')),
    devices: lines(await rows('devices', 'devices')),
    apiKeys: lines(await rows('api-keys', 'apiKeys'), [
      'id',
      'name',
      'roles',
      'facility',
      'device',
      'revokedAt',
    ]),
  };
}

function lines(rows: readonly Row[], members?: readonly string[]): string[] {
  return rows
    .map((row) => JSON.stringify((members ?? Object.keys(row).sort()).map((name) => [name, row[name]])))
    .sort();
}

function idOf(row: Row): string {
  return String(row['id']);
}

async function post(url: string, body?: object): Promise<Row> {
  const json = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(url, { method: 'POST', ...(body === undefined ? {} : json) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} for ${url}: ${text}`);
  return JSON.parse(text) as Row;
}
