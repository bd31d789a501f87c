/** The archive as the command line opens it: beside a running one, without one, or split; and what it says on the terminal. */
import { userInfo } from 'node:os';
import { type Environment, readSettings, type Settings } from '@sandyq/http';
import { type Archive, openArchive } from '@sandyq/service';
import { joinEmbeddedPostgres } from '@sandyq/standalone';
import { createLogger, createMetrics, type Logger } from '@sandyq/telemetry';

/** What a command works with. */
export interface Administration {
  readonly archive: Archive;
  /** Stands in the journal for who decided: whoever is logged in. */
  readonly decidedBy: string;
  readonly terminal: Terminal;
}

/** Where a command speaks. */
export interface Terminal {
  /** Results, on standard output. */
  print(text: string): void;
  /** What is said beside them, on standard error. */
  note(text: string): void;
}

/** A command's work; what it returns is the exit code. */
export type Work = (administration: Administration) => Promise<ExitCode>;

/** 0: done; 1: not done, and said why. */
export type ExitCode = 0 | 1;

/** Runs a command's work on the archive that the environment names. */
export type Run = (work: Work) => Promise<void>;

/** Opens the archive, works, closes everything that was opened. Throws SettingsError, StandaloneError and others. */
export async function administer(
  environment: Environment,
  terminal: Terminal,
  work: Work,
): Promise<ExitCode> {
  const settings = readSettings(environment, { cwd: process.cwd() });
  // The log is for those who run services; here only what failed matters.
  const destination = { write: (line: string) => void process.stderr.write(line) };
  const logger = createLogger({ name: 'admin', level: 'error', destination });
  const postgres = await openPostgres(settings, logger);
  try {
    const { connectionString } = postgres;
    const archive = await openArchive({ settings, connectionString, logger, metrics: createMetrics() });
    try {
      return await work({ archive, decidedBy: `command-line:${userInfo().username}`, terminal });
    } finally {
      await archive.close();
    }
  } finally {
    await postgres.stop();
  }
}

async function openPostgres({ database, dataFolder }: Settings, logger: Logger) {
  if (database.kind === 'embedded') return joinEmbeddedPostgres({ dataDirectory: dataFolder, logger });
  return { connectionString: database.url.reveal(), stop: () => Promise.resolve() };
}
