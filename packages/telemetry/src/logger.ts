/** The log: one JSON line per event on standard output. Event + fields; never patient data (see log-fields.ts). */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { safeField } from './log-error.ts';
import { type LogFieldsOf, safeEvent } from './log-fields.ts';

/** How much is logged; each level includes those after it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one line: `event` in kebab-case (`segment-sealed`), fields as {@link LogFieldsOf} allows. Never throws. */
export type LogMethod = <F extends LogFieldsOf<F>>(event: string, fields?: F) => void;

/** The log as all packages see it. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger whose lines all carry these fields too. */
  child<F extends LogFieldsOf<F>>(fields: F): Logger;
}

/** Where lines go: anything with `write(line)`, a line ends in `\n`. */
export type LogDestination = Pick<DestinationStream, 'write'>;

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Service or script, in every line as `service`. */
  readonly name: string;
  readonly level?: LogLevel;
  /** Default: standard output. */
  readonly destination?: LogDestination;
}

/** Makes the log of a process. A line: `{"level":"info","time":"2026-01-31T10:00:00.000Z","service":…,"event":…,…fields}`. */
export function createLogger({ name, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(options, destination ?? standardOutput()));
}

/** Lines are written when so many bytes have gathered … */
const GATHERED_BYTES = 4096;
/** … or when the oldest of them has waited so long: to write each by itself costs a request a tenth of its time. */
const LONGEST_WAIT_MS = 100;

/** What is gathered when the process exits is written; only what kills it at once (SIGKILL) takes it along. */
function standardOutput(): DestinationStream {
  return pino.destination({
    dest: 1,
    sync: false,
    minLength: GATHERED_BYTES,
    periodicFlush: LONGEST_WAIT_MS,
  });
}

/** A logger that writes nothing, for tests and for code that was given none. */
export function silentLogger(): Logger {
  return createLogger({ name: 'silent', level: 'silent' });
}

/** A logged line as {@link recordingLogger} keeps it. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A logger for tests: the lines it would have written, parsed, in order. */
export function recordingLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const destination: LogDestination = { write: (line) => void lines.push(JSON.parse(line)) };
  return { logger: createLogger({ name: 'test', level: 'debug', destination }), lines };
}

function wrap(inner: PinoLogger): Logger {
  const method =
    (level: 'debug' | 'info' | 'warn' | 'error'): LogMethod =>
    (event, fields) => {
      if (inner.isLevelEnabled(level)) inner[level]({ event: safeEvent(event), ...safeFields(fields) });
    };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (fields) => wrap(inner.child(safeFields(fields))),
  };
}

/** They belong to the line itself; a field of that name would shadow them. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'event', 'service']);

function safeFields(fields: object | undefined): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  if (fields === undefined) return safe;
  for (const [name, value] of Object.entries(fields)) {
    if (!RESERVED.has(name)) safe[name] = safeField(name, value);
  }
  return safe;
}
