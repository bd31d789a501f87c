/** What is said of a hold that is to be placed, and what of it must be right before anything happens. */
import { mostListedStudies, type NewHold, type WrittenScope } from '@sandyq/database';
import { isWellFormedUid } from '@sandyq/dicom';
import { dayIn, isRetentionError, parseCalendarDate, parseCondition } from '@sandyq/retention';
import { DispositionError } from '../errors.ts';

/** As a person asks for it: exactly one of the two scopes. */
export interface HoldRequest {
  readonly reason: string;
  /** Who ordered it: a court, a prosecutor, an inquiry. */
  readonly authority: string;
  /** Whom to ask. */
  readonly owner: string;
  /** When somebody looks whether it is still needed, `YYYY-MM-DD`. */
  readonly reviewOn: string;
  /** Study Instance UIDs; they need not have come yet. */
  readonly studies?: readonly string[] | undefined;
  /** A condition as in a schedule, in YAML: whatever meets it, now and later. */
  readonly condition?: string | undefined;
}

/** Longest reason, in characters; names are shorter. */
const longestReason = 2_000;
const longestName = 256;
/** Longest condition, in characters: it fits into a line of the journal. */
const longestCondition = 100_000;

/** The hold as it is kept, with a new id. Throws DispositionError('bad-input') that says what is wrong. */
export function readHoldRequest(
  request: HoldRequest,
  { now, newId }: { readonly now: () => Date; readonly newId: () => string },
): NewHold {
  return {
    legalHoldId: newId(),
    reason: readText('reason', request.reason, longestReason),
    authority: readText('authority', request.authority, longestName),
    owner: readText('owner', request.owner, longestName),
    reviewOn: readReviewDay(request.reviewOn, now()),
    scope: readHoldScope(request),
  };
}

/** Text of people, without its outer spaces. Throws DispositionError('bad-input'). */
export function readText(name: string, text: string, longest: number = longestReason): string {
  const trimmed = text.trim();
  const isPlain = trimmed !== '' && trimmed.length <= longest && !/[^\P{Cc}\n]/u.test(trimmed);
  if (isPlain) return trimmed;
  throw badInput(`The ${name} must be 1 to ${longest} characters, none of them a control character.`);
}

function readReviewDay(text: string, now: Date): string {
  const day = reading('The review date', () => parseCalendarDate(text));
  if (day > dayIn('UTC', now)) return day;
  throw badInput('The review date must be a day to come.');
}

/** The studies or the condition. Throws DispositionError('bad-input'). */
export function readHoldScope({
  studies,
  condition,
}: Pick<HoldRequest, 'studies' | 'condition'>): WrittenScope {
  if ((studies === undefined) === (condition === undefined))
    throw badInput('Say either which studies, or the condition that they meet.');
  if (condition === undefined) return { kind: 'studies', studyInstanceUids: readList(studies ?? []) };
  if (condition.length > longestCondition)
    throw badInput(`The condition is longer than ${longestCondition} characters.`);
  reading('The condition', () => parseCondition(condition));
  return { kind: 'query', condition };
}

function readList(studies: readonly string[]): string[] {
  const distinct = [...new Set(studies.map((uid) => uid.trim()))].sort();
  const wrong = distinct.filter((uid) => !isWellFormedUid(uid)).length;
  if (wrong > 0) throw badInput(`${wrong} of the studies are no Study Instance UIDs.`);
  if (distinct.length >= 1 && distinct.length <= mostListedStudies) return distinct;
  throw badInput(
    `A list has 1 to ${mostListedStudies} studies: say more by a condition, or by several holds.`,
  );
}

function reading<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!isRetentionError(error)) throw error;
    throw new DispositionError('bad-input', `${what} cannot be used: ${error.message}.`, { cause: error });
  }
}

function badInput(message: string): DispositionError {
  return new DispositionError('bad-input', message);
}
