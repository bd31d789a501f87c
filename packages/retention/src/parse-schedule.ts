/** Reads retention schedules (YAML or JSON) and conditions, and says where they break the schema. */
import { createRequire } from 'node:module';
import type * as ajv from 'ajv';
import type * as yaml from 'yaml';
import { parseCalendarDate } from './calendar-date.ts';
import type { Condition } from './condition.ts';
import { isRetentionError, RetentionError, type RetentionErrorCode } from './errors.ts';
import { parsePeriod } from './period.ts';
import schema from './retention-schedule.schema.json' with { type: 'json' };
import type { RetentionSchedule } from './schedule.ts';

/** Longest schedule, in characters. */
export const longestScheduleText = 1_000_000;
/** Most faults that an error names. */
const mostFaults = 20;
const schemaId = schema.$id;

/** Loaded with the first schedule: most processes never read one, and these are a twelfth of the modules of an archive. */
const require = createRequire(import.meta.url);
const loadYaml = (): typeof yaml => require('yaml');
const loadAjv = (): typeof ajv => require('ajv');

let schemas: ajv.Ajv | undefined;

/**
 * Reads a version of a schedule. Throws RetentionError('invalid-schedule') that names each fault with its line, its place
 * (`rules[2].keep.atLeast[0].period`) and what is wanted.
 */
export function parseSchedule(text: string): RetentionSchedule {
  const document = parseValid(text, schemaId, 'invalid-schedule');
  const plain = document.toJS() as PlainSchedule;
  const ids = plain.rules.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined)
    throw new RetentionError('invalid-schedule', `two rules have the id ${repeated}`);
  const { from, until } = plain.effective;
  if (until !== undefined && until <= from)
    throw new RetentionError('invalid-schedule', 'effective.until is not after effective.from');
  const absence = { death: 'unknown', diagnosis: 'unknown', programme: 'unknown', ...plain.absence };
  return revive({ ...plain, absence }) as RetentionSchedule;
}

/** Reads the condition of a live hold, in YAML or JSON. Throws RetentionError('invalid-condition'). */
export function parseCondition(text: string): Condition {
  const document = parseValid(text, `${schemaId}#/definitions/condition`, 'invalid-condition');
  return revive(document.toJS()) as Condition;
}

interface PlainSchedule {
  readonly rules: readonly { readonly id: string }[];
  readonly effective: { readonly from: string; readonly until?: string };
  readonly absence?: object;
}

function parseValid(text: string, definition: string, code: RetentionErrorCode): yaml.Document {
  if (text.length > longestScheduleText)
    throw new RetentionError(code, `is longer than ${longestScheduleText} characters`);
  const { LineCounter, parseDocument } = loadYaml();
  const lines = new LineCounter();
  // No timestamps, no octal: a date is text, and `010` is not eight.
  const document = parseDocument(text, {
    schema: 'core',
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
  });
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new RetentionError(code, `is not YAML: ${broken.message}`, { cause: broken });
  const validate = validator(definition);
  if (!validate(plainOf(document, code)))
    throw new RetentionError(
      code,
      describe(validate.errors ?? [], { document, lines, what: WHOLES[code] ?? 'it' }),
    );
  return document;
}

/** An alias may be used a hundred times, not a billion. */
function plainOf(document: yaml.Document, code: RetentionErrorCode): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new RetentionError(code, `cannot be read: ${error.message}`, { cause: error });
  }
}

function validator(definition: string): ajv.ValidateFunction {
  schemas ??= readSchema();
  const validate = schemas.getSchema(definition);
  if (validate === undefined) throw new TypeError(`the schema has no ${definition}`);
  return validate;
}

function readSchema(): ajv.Ajv {
  const { Ajv } = loadAjv();
  return new Ajv({ allErrors: true, strict: true, strictRequired: false })
    .addFormat('calendar-date', {
      type: 'string',
      validate: (text: string) => isReadable(parseCalendarDate, text),
    })
    .addFormat('period', { type: 'string', validate: (text: string) => isReadable(parsePeriod, text) })
    .addFormat('time-zone', { type: 'string', validate: isTimeZone })
    .addSchema(schema);
}

/** What all of a text is called. */
const WHOLES: Readonly<Partial<Record<RetentionErrorCode, string>>> = {
  'invalid-schedule': 'the schedule',
  'invalid-condition': 'the condition',
};

function describe(
  errors: readonly ajv.ErrorObject[],
  { document, lines, what }: { document: yaml.Document; lines: yaml.LineCounter; what: string },
): string {
  // That `then` or `else` does not fit is said by what does not.
  const telling = errors.filter(({ keyword }) => keyword !== 'if');
  const faults = telling.map((error) => {
    const path = error.instancePath.split('/').slice(1).map(unescapePointer);
    const line = lineOf(document, path, lines);
    return `line ${line}: ${placeOf(path) ?? what} ${sentenceOf(error)}`;
  });
  const shown = [...new Set(faults)].slice(0, mostFaults);
  return shown.join('; ');
}

function lineOf(document: yaml.Document, path: readonly string[], lines: yaml.LineCounter): number {
  const node = path.length === 0 ? document.contents : document.getIn(path.map(keyOf), true);
  return loadYaml().isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
}

function keyOf(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Undefined: all of it. */
function placeOf(path: readonly string[]): string | undefined {
  const place = path.reduce(
    (text, step) => (/^\d+$/.test(step) ? `${text}[${step}]` : `${text}.${step}`),
    '',
  );
  return place === '' ? undefined : place.replace(/^\./, '');
}

function sentenceOf({ keyword, params, message }: ajv.ErrorObject): string {
  if (keyword === 'additionalProperties')
    return `has no member ${JSON.stringify(params['additionalProperty'])}`;
  if (keyword === 'enum') return `is none of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword !== 'format') return message ?? keyword;
  const wanted: Record<string, string> = {
    'calendar-date': 'is not a day like 2024-02-29',
    period: 'is not a period like 10y, 6m, 30d or 1y6m',
    'time-zone': 'is no time zone like Asia/Almaty',
  };
  return wanted[String(params['format'])] ?? message ?? keyword;
}

/** Periods are read once, not at every study. */
function revive(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return periodMembers.has(name) ? parsePeriod(value) : value;
  if (Array.isArray(value)) return value.map((each) => revive(each));
  if (typeof value !== 'object' || value === null) return value;
  const isAge = name === 'ageAtStudy' || name === 'ageAtLastContact';
  const within = isAge ? new Set(['from', 'under']) : new Set<string>();
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      within.has(key) ? parsePeriod(String(each)) : revive(each, key),
    ]),
  );
}

/** Members that are periods wherever they stand. */
const periodMembers = new Set(['period', 'untilAge', 'deathWithin', 'within']);

function isReadable(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text);
    return true;
  } catch (error) {
    if (isRetentionError(error)) return false;
    throw error;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
