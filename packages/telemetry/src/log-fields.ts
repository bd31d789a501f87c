/**
 * What a log line may hold: design §2.12, no patient data in logs.
 *
 * Two fences. The type refuses, at compile time, any string under a name that is not listed here. The guard refuses, at run
 * time, what the type can't see: unlisted names, text that looks like a person, a UID of an instance, a number of a patient.
 * A refused value is written as `[refused]`, so the line stays and the mistake shows.
 */

/**
 * The only field names under which text may be logged. Each holds a word of ours (code, state), a name an administrator gave
 * (facility, device, setting), or an id we made. Add a name here only if its values can never come from a data set, a query or a URL.
 */
export const TEXT_FIELDS = [
  // words of ours
  'action',
  'check',
  'code',
  'component',
  'decision',
  'engine',
  'kind',
  'method',
  'mode',
  'operation',
  'outcome',
  'phase',
  'reason',
  'role',
  'route',
  'setting',
  'signal',
  'source',
  'state',
  'statement',
  'status',
  'step',
  'store',
  'task',
  'transaction',
  'verdict',
  'version',
  // names from the configuration
  'bucket',
  'database',
  'endpoint',
  'facility',
  'host',
  'issuer',
  'region',
  'publicUrl',
  // ids and keys made by us
  'batchId',
  'checkpoint',
  'cursor',
  'device',
  'deviceId',
  'dispositionId',
  'epoch',
  'facilityId',
  'job',
  'jobId',
  'key',
  'legalHoldId',
  'migration',
  'objectKey',
  'planId',
  'principal',
  'principalKind',
  'quarantineId',
  'rejectionId',
  'requestId',
  'segment',
  'segmentId',
  'worker',
  // of the standard (only UIDs that DICOM itself registers pass the guard)
  'sopClass',
  'transferSyntax',
  // of PostgreSQL: names of the schema, never values
  'constraint',
  'schema',
  'table',
] as const;

/** A field name that may hold text. */
export type TextField = (typeof TEXT_FIELDS)[number];

/** A value that is safe under any name. */
export type PlainValue = number | bigint | boolean | null | undefined;

/**
 * The fields of one log line, checked name by name: `error` takes whatever was thrown, listed names take text, all others take
 * numbers and booleans. Used as a constraint: `<F extends LogFieldsOf<F>>(fields: F)`.
 */
export type LogFieldsOf<F> = {
  readonly [K in keyof F]: K extends 'error'
    ? unknown
    : K extends TextField
      ? string | PlainValue
      : PlainValue;
};

/** Fields of a line with the names known in advance, for code that builds them apart from the call. */
export type LogFields = { readonly [K in TextField]?: string | PlainValue } & { readonly error?: unknown };

/** What stands in a line for a value that must not be logged. */
export const REFUSED = '[refused]';

const EVENT = /^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$/;
const EVENT_LENGTH = 80;
const TEXT_LENGTH = 300;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
const UID = /(?<![0-9.])[0-2](?:\.[0-9]+){4,}/;
const REGISTERED_UID = /^1\.2\.840\.10008\.[0-9.]+$/;
const DIGITS = /(?<![0-9A-Za-z-])[0-9]{6,}(?![0-9A-Za-z-])/;
/** Names whose values may be database keys or positions: long numbers, but shorter than any patient's number (12 or 13 digits). */
const NUMBERED: ReadonlySet<string> = new Set<TextField>([
  'batchId',
  'checkpoint',
  'cursor',
  'deviceId',
  'epoch',
  'facilityId',
  'jobId',
  'migration',
  'quarantineId',
]);
const NUMBERS = /^(?!.*[0-9]{12})[0-9a-f:-]{1,64}$/;
const textFields: ReadonlySet<string> = new Set(TEXT_FIELDS);

/** The event's name if it is one of ours (`segment-sealed`), `invalid-event` if it could carry anything else. */
export function safeEvent(event: string): string {
  return event.length <= EVENT_LENGTH && EVENT.test(event) ? event : 'invalid-event';
}

/** The value as it may be written under this name, `[refused]` otherwise. Never throws. */
export function safeValue(name: string, value: unknown): string | number | boolean | null | undefined {
  if (!FIELD_NAME.test(name)) return REFUSED;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' && textFields.has(name) ? safeText(name, value) : REFUSED;
}

/** True when no part of the text can be a UID of an instance or the number of a patient, and it is short printable ASCII. */
export function isSafeText(text: string): boolean {
  return text.length <= TEXT_LENGTH && PRINTABLE.test(text) && !UID.test(text) && !DIGITS.test(text);
}

function safeText(name: string, text: string): string {
  if (REGISTERED_UID.test(text) && text.length <= 64) return text;
  if (NUMBERED.has(name) && NUMBERS.test(text)) return text;
  return isSafeText(text) ? text : REFUSED;
}
