/**
 * What the log says of an error. Messages of foreign errors may hold values (PostgreSQL's `detail`: "Key (name)=(Ivanov)
 * already exists"; a parser's "unexpected 'Ivanov'"), so only codes and names of the schema are taken from them.
 * Messages of our own errors hold no values by rule; they are taken.
 */
import { isSafeText, REFUSED, safeValue } from './log-fields.ts';

/** An error as it is logged: plain JSON, no values of any data set. */
export interface LoggedError {
  /** Class of the error, e.g. `StorageError`. */
  readonly type: string;
  /** Own code (`not-found`), SQLSTATE (`23505`), Node code (`ECONNRESET`). */
  readonly code?: string;
  /** Message, of our own errors only. */
  readonly message?: string;
  /** PostgreSQL: the violated constraint, the table, the column: names of the schema. */
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
  /** Where it was thrown: function names and file positions, innermost first. */
  readonly at?: readonly string[];
  readonly cause?: LoggedError;
  /** Of an AggregateError: the first few. */
  readonly errors?: readonly LoggedError[];
}

const CAUSE_DEPTH = 4;
const AGGREGATED = 3;
const FRAMES = 8;
const OWN_CODE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const FOREIGN_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
const CLASS_NAME = /^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/;
const FRAME = /^ +at [\w$.<>[\] #*():/\\@+%=?&~-]+:[0-9]+:[0-9]+\)?$/;

/** Error classes of the packages; together with a code in our form they say that the message is ours. */
const OWN_CLASSES: ReadonlySet<string> = new Set([
  'AuditError',
  'AuthError',
  'DatabaseError',
  'DicomError',
  'DicomwebError',
  'HttpError',
  'IngestError',
  'IndexError',
  'PixelDataError',
  'RetentionError',
  'RetrievalError',
  'SettingsError',
  'StandaloneError',
  'StartError',
  'StorageError',
  'TelemetryError',
]);

/** Describes whatever was thrown. Never throws itself. */
export function describeError(error: unknown, depth = CAUSE_DEPTH): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = codeOf(error);
  const message = isOwn(error, code) ? ownMessage(error) : undefined;
  const at = framesOf(error);
  const goOn = depth > 1;
  return {
    type: typeOf(error),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...schemaNames(error),
    ...(at.length > 0 && { at }),
    ...(goOn && error.cause !== undefined && { cause: describeError(error.cause, depth - 1) }),
    ...(goOn &&
      error instanceof AggregateError && {
        errors: error.errors.slice(0, AGGREGATED).map((one) => describeError(one, depth - 1)),
      }),
  };
}

function typeOf(error: Error): string {
  const name = error.constructor.name === 'Error' ? error.name : error.constructor.name;
  return CLASS_NAME.test(name) ? name : 'Error';
}

function codeOf(error: Error): string | undefined {
  const code = property(error, 'code');
  return code !== undefined && FOREIGN_CODE.test(code) && isSafeText(code) ? code : sqlState(code);
}

/** SQLSTATE is five characters and may be all digits, which is no patient's number. */
function sqlState(code: string | undefined): string | undefined {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function isOwn(error: Error, code: string | undefined): boolean {
  return code !== undefined && OWN_CODE.test(code) && OWN_CLASSES.has(error.constructor.name);
}

/** By rule our messages hold no values; a UID or a long number that slipped in is still kept out. */
function ownMessage(error: Error): string {
  return isSafeText(error.message) ? error.message : REFUSED;
}

function schemaNames(error: Error): Pick<LoggedError, 'constraint' | 'table' | 'column'> {
  const names: { constraint?: string; table?: string; column?: string } = {};
  for (const name of ['constraint', 'table', 'column'] as const) {
    const value = property(error, name);
    if (value !== undefined && /^[a-z_][a-z0-9_]{0,62}$/.test(value)) names[name] = value;
  }
  return names;
}

function framesOf(error: Error): string[] {
  const stack = property(error, 'stack');
  if (stack === undefined) return [];
  const afterMessage = error.message === '' ? 0 : stack.indexOf(error.message) + error.message.length;
  return stack
    .slice(afterMessage)
    .split('\n')
    .filter((line) => line.length <= 400 && FRAME.test(line))
    .slice(0, FRAMES)
    .map((line) => line.trim().slice('at '.length));
}

function property(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}

/** One field of a line, ready to be written. */
export function safeField(name: string, value: unknown): unknown {
  return name === 'error' ? describeError(value) : safeValue(name, value);
}
