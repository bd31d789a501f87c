/** Warnings of search answers (PS3.18 §8.3.4): texts, and the header field that carries them. */
import { printableName } from './errors.ts';
import type { SearchLevel } from './supported-attributes.ts';

/**
 * Value of a Warning header field: code 299, the service, the text (PS3.18 §8.3.4.2 and on).
 *
 * @param serviceUrl base URL of the service
 */
export function warningHeader(serviceUrl: string, text: string): string {
  return `299 ${serviceUrl}: ${text}`;
}

/** There are more matches than were returned (PS3.18 §8.3.4.4.1). */
export function remainingResults(remainingCount: number): string {
  return `There are ${remainingCount} additional results that can be requested`;
}

/** There are more matches, and nobody counted them. */
export const furtherResults = 'There are additional results that can be requested';

const notPerformed = {
  fuzzymatching: 'Only literal matching has been performed.',
  emptyvaluematching: 'Empty Value Matching has not been performed.',
  multiplevaluematching: 'Multiple Value Matching has not been performed.',
} as const;

/** A standard parameter that is not supported, in the words of PS3.18 §8.3.4.2, §8.3.4.5 and §8.3.4.6. */
export function notSupported(name: keyof typeof notPerformed): string {
  return `The ${name} parameter is not supported. ${notPerformed[name]}`;
}

/** A parameter the archive does not know; PS3.18 §8.3 wants it ignored. */
export function unknownParameter(name: string): string {
  return `The ${printableName(name)} parameter is not supported and was ignored.`;
}

/** An attribute below the level of the search. */
export function wrongLevel(name: string, attributeLevel: SearchLevel): string {
  return `The ${printableName(name)} parameter is an attribute of the ${attributeLevel} level and was ignored.`;
}
