/** What is kept back, for tests: quarantine entries and proposed corrections without bytes behind them. */
import { hash } from 'node:crypto';
import type { Database } from '../database.ts';
import { advanceJournalHead, assignJournalBatch } from '../journal-batches.ts';
import { type ProposedCorrection, recordProposedCorrection } from '../record-proposed-correction.ts';
import { type QuarantineEntry, recordQuarantine } from '../verdicts.ts';

/** An object of its own, refused as truncated, unless told otherwise. */
export async function makeQuarantined(
  database: Database,
  entry: Partial<QuarantineEntry> & Pick<QuarantineEntry, 'facilityId'> & { readonly bytes: string },
): Promise<number> {
  const { bytes, ...rest } = entry;
  const { quarantineId } = await database.inTransaction((client) =>
    recordQuarantine(client, {
      sha256: sha256(bytes),
      reason: 'truncated',
      message: 'the data set ends at byte 100',
      deviceId: undefined,
      principalId: 'test',
      objectKey: `quarantine/00/${bytes}`,
      entryOffset: 0,
      entryLength: 100,
      crc32: undefined,
      segmentId: undefined,
      studyInstanceUid: undefined,
      seriesInstanceUid: undefined,
      sopInstanceUid: undefined,
      receivedAt: new Date('2026-03-01T08:00:00Z'),
      ...rest,
    }),
  );
  return quarantineId;
}

/** A proposal for a stored instance. */
export async function makeCorrection(
  database: Database,
  correction: Pick<ProposedCorrection, 'sopInstanceUid' | 'studyKey' | 'facilityId' | 'segmentId'> &
    Partial<ProposedCorrection> & { readonly bytes: string },
): Promise<boolean> {
  const { bytes, ...rest } = correction;
  const { isNew } = await database.inTransaction((client) =>
    recordProposedCorrection(client, {
      sha256: sha256(bytes),
      ordinal: 1,
      objectKey: 'v1/00/correction.tar',
      entryOffset: 512,
      entryLength: 100,
      crc32: Buffer.alloc(4),
      deviceId: undefined,
      principalId: 'test',
      receivedAt: new Date('2026-03-01T08:00:00Z'),
      ...rest,
    }),
  );
  return isNew;
}

/** The latest lines for the journal, newest first. */
export async function journalLines(database: Database, limit: number) {
  const result = await database.query<{ kind: string; fact: Record<string, unknown>; decided_by: string }>({
    text: 'select kind, fact, decided_by from journal_line order by journal_line_id desc limit $1',
    values: [limit],
  });
  return result.rows;
}

/** As if every line were in the store: assigns batches and takes them for durable. */
export async function pretendExported(database: Database): Promise<void> {
  for (;;) {
    const batch = await assignJournalBatch(database);
    if (batch === undefined) return;
    await advanceJournalHead(database, batch, sha256(JSON.stringify(batch)));
  }
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
