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

/** There are more matches, too many to count (PS3.18 §8.3.4.4.1). */
export const furtherResults = 'There are additional results that can be requested';

/** A parameter the archive does not know; PS3.18 §8.3 wants it ignored. */
export function unknownParameter(name: string): string {
  return `The ${printableName(name)} parameter is not supported and was ignored.`;
}

/** An attribute to return that results of a level do not have (PS3.18 §10.6.3.3). */
export function notReturned(name: string, level: SearchLevel): string {
  return `The includefield attribute ${printableName(name)} is not known of a ${level} and was left out.`;
}

/** An attribute below the level of the search. */
export function wrongLevel(name: string, attributeLevel: SearchLevel): string {
  return `The ${printableName(name)} parameter is an attribute of the ${attributeLevel} level and was ignored.`;
}
