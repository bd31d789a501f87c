/** The settings our embedded PostgreSQL runs with; given at every start, so a new release changes them without an upgrade step. */
import os from 'node:os';

/** Settings by PostgreSQL's names. */
export type PostgresSettings = Readonly<Record<string, string>>;

const MIB = 1024 * 1024;

/** Settings for an archive on one machine with this memory. */
export function postgresSettings(memoryBytes: number = os.totalmem()): PostgresSettings {
  return {
    // Acknowledged means durable (design §2.1).
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Reachable through the private socket only.
    listen_addresses: '',
    unix_socket_permissions: '0700',
    port: '5432',
    max_connections: '200',
    superuser_reserved_connections: '3',
    shared_buffers: megabytes(clamp(memoryBytes / 16, 64 * MIB, 1024 * MIB)),
    effective_cache_size: megabytes(clamp(memoryBytes / 2, 256 * MIB, 64 * 1024 * MIB)),
    maintenance_work_mem: '128MB',
    // Disks of today, and indexes in memory: a page out of order costs hardly more than the next one.
    random_page_cost: '1.1',
    // So many reads are under way at a time at most, of all statements that know what they will read next; 3 by default.
    io_workers: '8',
    wal_buffers: '16MB',
    wal_compression: 'pglz',
    min_wal_size: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // Backups: the log holds what a copy of the files needs, and is kept until the copy has it.
    wal_level: 'replica',
    max_wal_senders: '10',
    max_replication_slots: '10',
    // After a restore all of the log is in pg_wal. Only a restore makes PostgreSQL ask for more.
    restore_command: 'false',
    // Nobody is let in before the log is replayed: until then the database is read-only.
    hot_standby: 'off',
    // A statement may touch every partition of several tables.
    max_locks_per_transaction: '256',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // No patient data in logs (design §2.12): messages of failed statements quote values, so they go to the client only.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
  };
}

/** As arguments of `postgres`. */
export function settingArguments(settings: PostgresSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)}MB`;
}
