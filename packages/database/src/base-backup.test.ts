/** On the PostgreSQL of the test run: the copy itself is tested with the embedded database (services/standalone/src/backup). */
import { describe, expect, it } from 'vitest';
import { beginBaseBackup } from './base-backup.ts';
import { openDatabase } from './database.ts';
import { testServerUrl } from './testing/index.ts';

function superuserAddress(): string {
  const url = new URL(testServerUrl());
  url.username = 'postgres';
  return url.toString();
}

async function openBackups(): Promise<number> {
  const database = openDatabase({ connectionString: testServerUrl(), maxConnections: 1 });
  try {
    const slots = await database.query<{ slots: number }>({
      text: `select count(*)::int as slots from pg_replication_slots where slot_name like 'sandyq_backup_%'`,
    });
    return slots.rows[0]?.slots ?? 0;
  } finally {
    await database.close();
  }
}

describe('a base backup', () => {
  it('names the log from its beginning to its end, and keeps it until the session ends', async () => {
    const backup = await beginBaseBackup(superuserAddress());
    try {
      expect(backup.start).toMatchObject({
        systemIdentifier: expect.stringMatching(/^\d{15,20}$/),
        serverVersion: expect.stringMatching(/^18/),
        timeline: expect.any(Number),
      });
      expect(await openBackups()).toBe(1);
      const { label, walFiles } = await backup.finish();
      const [, first = ''] = /START WAL LOCATION: .* \(file ([0-9A-F]{24})\)/.exec(label) ?? [];
      expect(walFiles[0]).toBe(first);
      expect(walFiles).toEqual([...new Set(walFiles)].sort());
    } finally {
      await backup.close();
    }
    await expect.poll(openBackups).toBe(0);
  });

  it('is refused to the role of the archive', async () => {
    await expect(beginBaseBackup(testServerUrl())).rejects.toMatchObject({ code: 'statement' });
  });

  it('says that nobody answers', async () => {
    const url = new URL(testServerUrl());
    url.searchParams.set('host', '/nowhere');
    await expect(beginBaseBackup(url.toString())).rejects.toMatchObject({ code: 'unavailable' });
  });
});
