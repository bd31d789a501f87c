/**
 * Orthanc and its PostgreSQL as their documentation recommends them for speed, durable as ours. README.md of this folder
 * says which page each value comes from; what is not named here is Orthanc's own default.
 */

/** Paths as the programs in the tree see them. */
export interface PeerFolders {
  /** Orthanc's storage area. */
  readonly storage: string;
  /** The database's files. */
  readonly postgres: string;
  /** Of the database's socket. */
  readonly socket: string;
}

/** Where everything of the peer is, in its tree. */
export const PEER_FOLDER = '/srv/peer';

/** The data lie in the tree, and so on the same disk as what it is compared with. */
export const peerFolders: PeerFolders = {
  storage: `${PEER_FOLDER}/storage`,
  postgres: `${PEER_FOLDER}/postgres`,
  socket: `${PEER_FOLDER}/socket`,
};

const PLUGINS = '/usr/share/orthanc/plugins';

/** What may be chosen. */
export interface OrthancOptions {
  readonly port: number;
  /** To its database. One suits stores best, more suit many readers: README.md has the figures. */
  readonly connections: number;
}

/** Orthanc's configuration file, before it is JSON. */
export function orthancSettings(
  { port, connections }: OrthancOptions,
  folders: PeerFolders,
): Readonly<Record<string, unknown>> {
  return {
    Name: 'peer',
    HttpPort: port,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    StorageDirectory: folders.storage,
    IndexDirectory: folders.storage,
    Plugins: [`${PLUGINS}/libOrthancPostgreSQLIndex.so`, `${PLUGINS}/libOrthancDicomWeb.so`],
    // Durability: what is acknowledged is on the disk.
    SyncStorageArea: true,
    // Recommended for performance.
    StorageCompression: false,
    KeepAlive: true,
    KeepAliveTimeout: 60,
    TcpNoDelay: true,
    SaveJobs: false,
    StorageAccessOnFind: 'Never',
    HttpThreadsCount: 50,
    // No limit: deep pages are asked for, and each question says how many answers it wants.
    LimitFindResults: 0,
    LimitFindInstances: 0,
    PostgreSQL: {
      EnableIndex: true,
      EnableStorage: false,
      ConnectionUri: `postgresql:///orthanc?user=orthanc&host=${encodeURIComponent(folders.socket)}`,
      IndexConnectionsCount: connections,
      Lock: true,
    },
    DicomWeb: {
      Enable: true,
      Root: '/dicom-web/',
      EnableWado: true,
      WadoRoot: '/wado',
      StudiesMetadata: 'Full',
      SeriesMetadata: 'Full',
      EnableMetadataCache: true,
    },
  };
}

/** As arguments of `postgres`: durable, and with the memory and the log that our own database has. */
export function postgresArguments(folders: PeerFolders, memoryBytes: number): string[] {
  const settings = {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    unix_socket_directories: folders.socket,
    // The tree has no /dev/shm of its own.
    dynamic_shared_memory_type: 'sysv',
    max_connections: '200',
    shared_buffers: `${Math.min(1_024, Math.max(64, Math.floor(memoryBytes / 16 / 2 ** 20)))}MB`,
    effective_cache_size: `${Math.max(256, Math.floor(memoryBytes / 2 / 2 ** 20))}MB`,
    maintenance_work_mem: '128MB',
    wal_buffers: '16MB',
    wal_compression: 'pglz',
    min_wal_size: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    jit: 'off',
  };
  return [
    '-D',
    folders.postgres,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}
