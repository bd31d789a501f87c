/** What an administrator is told when something cannot be done: the reason in words, instead of a bare code. */
import { DatabaseError } from '@sandyq/database';
import { type DispositionErrorCode, isDispositionError } from '@sandyq/disposition';
import { type GuardedRoute, HttpError, type HttpErrorCode } from '@sandyq/http';
import {
  ComparisonError,
  JournalError,
  type JournalErrorCode,
  QuarantineError,
  type QuarantineErrorCode,
} from '@sandyq/indexing';
import { isRetentionError } from '@sandyq/retention';
import { OperatorError } from '@sandyq/service';
import { InvalidInputError } from './new-principals.ts';

const QUARANTINE: Readonly<Record<QuarantineErrorCode, HttpErrorCode>> = {
  'not-found': 'not-found',
  decided: 'conflict',
  'use-replace': 'conflict',
  'nothing-to-replace': 'conflict',
  'nothing-to-judge': 'conflict',
  'taken-away': 'conflict',
  'still-refused': 'conflict',
  'not-kept': 'gone',
  'file-exists': 'conflict',
};

const JOURNAL: Readonly<Record<JournalErrorCode, HttpErrorCode>> = {
  'not-exported': 'overloaded',
  behind: 'overloaded',
  contested: 'overloaded',
  damaged: 'conflict',
};

const DISPOSITION: Readonly<Record<DispositionErrorCode, HttpErrorCode>> = {
  'not-found': 'not-found',
  conflict: 'conflict',
  'same-person': 'forbidden',
  'bad-input': 'bad-request',
};

const NO_TIME_TO_COMPARE = 'There was no time to compare pixel values; nothing was decided. Try again later.';

/** What a unique constraint of the database says in words. */
const CONSTRAINTS: Readonly<Record<string, string>> = {
  facility_code_key: 'There is a facility of this code already.',
  device_code_key: 'There is a device of this code already.',
  device_equipment:
    'The facility has a device of this manufacturer, model and serial number already: series are told apart by them.',
  issuer_local_namespace_key: 'There is an issuer of this namespace already.',
  issuer_universal_id_type_universal_id_key: 'There is an issuer of this universal id already.',
};

/** The sentence for an error of an administrator's command; undefined if it is none. Holds no value of a data set. */
export function explain(error: unknown): string | undefined {
  if (error instanceof QuarantineError || error instanceof InvalidInputError) return error.message;
  if (error instanceof JournalError || error instanceof OperatorError) return error.message;
  if (isDispositionError(error)) return error.message;
  if (isRetentionError(error)) return `It cannot be used: ${error.message}.`;
  if (error instanceof ComparisonError) return NO_TIME_TO_COMPARE;
  if (!(error instanceof DatabaseError)) return undefined;
  if (error.code === 'conflict') return CONSTRAINTS[error.constraint ?? ''] ?? sentence(error.message);
  return error.code === 'not-found' ? sentence(error.message) : undefined;
}

/** A route whose refusals say why. */
export function adminRoute(route: GuardedRoute): GuardedRoute {
  return {
    ...route,
    handler: async (context) => {
      try {
        return await route.handler(context);
      } catch (error) {
        throw asHttpError(error);
      }
    },
  };
}

function asHttpError(error: unknown): unknown {
  const message = explain(error);
  if (message === undefined) return error;
  return new HttpError(codeOf(error), message, { cause: error });
}

function codeOf(error: unknown): HttpErrorCode {
  if (error instanceof QuarantineError) return QUARANTINE[error.code];
  if (error instanceof JournalError) return JOURNAL[error.code];
  if (error instanceof OperatorError) return 'forbidden';
  if (isDispositionError(error)) return DISPOSITION[error.code];
  if (error instanceof ComparisonError) return 'overloaded';
  if (error instanceof DatabaseError) return error.code === 'conflict' ? 'conflict' : 'not-found';
  return 'bad-request';
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
