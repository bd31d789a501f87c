import { expect, it } from 'vitest';
import { orthancSettings, peerFolders, postgresArguments } from './orthanc-settings.ts';

const GIBIBYTE = 2 ** 30;

it('keeps what is acknowledged, as we do', () => {
  const settings = orthancSettings({ port: 1, connections: 1 }, peerFolders);
  expect(settings).toMatchObject({
    SyncStorageArea: true,
    PostgreSQL: { EnableIndex: true, EnableStorage: false },
  });
  const database = postgresArguments(peerFolders, GIBIBYTE);
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    expect(database).toContain(`${setting}=on`);
  }
});

it('listens on this machine only', () => {
  const settings = orthancSettings({ port: 8_125, connections: 1 }, peerFolders);
  expect(settings).toMatchObject({ HttpPort: 8_125, RemoteAccessAllowed: false, DicomServerEnabled: false });
  expect(postgresArguments(peerFolders, GIBIBYTE)).toContain('listen_addresses=');
});

it('gives its database the memory that ours has', () => {
  expect(postgresArguments(peerFolders, GIBIBYTE / 2)).toContain('shared_buffers=64MB');
  expect(postgresArguments(peerFolders, 8 * GIBIBYTE)).toContain('shared_buffers=512MB');
  expect(postgresArguments(peerFolders, 64 * GIBIBYTE)).toContain('shared_buffers=1024MB');
});
