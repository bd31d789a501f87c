/** What an archive holds, counted: two equal censuses mean that nothing was added between them. */
import type { DeployedArchive } from './deploy-archive.ts';

/** Rows of each table, and the keys of all objects but the journal's: how its lines fall into batches is chance. */
export interface Census {
  readonly rows: Readonly<Record<string, number>>;
  readonly keys: readonly string[];
  /** How often bytes came that are in quarantine, or propose a correction; not part of what is held. */
  readonly timesReceived: number;
}

/** Tables in which something stays for good. */
const TABLES = [
  'patient',
  'patient_identifier',
  'study',
  'series',
  'sop_instance',
  'instance',
  'instance_metadata',
  'segment',
  'quarantine',
  'proposed_correction',
  'known_encoding',
  'identity_conflict',
];

/** Counts everything. Changes still in the outbox and those published count as one. */
export async function takeCensus({ database, objects }: DeployedArchive): Promise<Census> {
  const counts = TABLES.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  const counted = await database.query<Record<string, number>>({
    text: `select ${counts.join(', ')},
      (select count(*)::int from journal_line where kind <> 'checkpoint') as journal_line,
      ((select count(*) from change_outbox) + (select count(*) from change))::int as changes`,
  });
  const received = await database.query<{ times: number }>({
    text: `select ((select coalesce(sum(times_received), 0) from quarantine)
      + (select coalesce(sum(times_received), 0) from proposed_correction))::int as times`,
  });
  return {
    rows: counted.rows[0] ?? {},
    keys: (await objects()).map(({ key }) => key).filter((key) => !key.startsWith('journal/')),
    timesReceived: received.rows[0]?.times ?? 0,
  };
}
