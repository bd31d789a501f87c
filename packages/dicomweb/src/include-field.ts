/** The `includefield` parameter (PS3.18 §8.3.4.3): attributes to return besides the usual ones. */
import type { Tag } from '@sandyq/dicom';
import { parseAttributePath } from './attribute-path.ts';
import { printableName } from './errors.ts';
import { invalidParameter } from './search-parameters.ts';
import { wrongLevel } from './search-warnings.ts';
import { isWithinLevel, levelOfTag, type SearchLevel } from './supported-attributes.ts';

/** Top-level tags in the order named, without duplicates; or all there are. */
export type IncludedFields = readonly Tag[] | 'all';

/** Most attributes of one request. */
const mostFields = 1_000;

/**
 * Reads all `includefield` parameters of a request. A path into a sequence includes the sequence. Attributes known
 * to lie below the level of the search are left out with a warning (PS3.18 §10.6.3.3); "all" covers everything else.
 *
 * @throws DicomwebError bad-request if a name is neither a keyword, a tag, a path nor `all`
 */
export function parseIncludeFields(
  level: SearchLevel,
  values: readonly string[],
  warnings: string[],
): IncludedFields {
  const names = values.flatMap((value) => value.split(',', mostFields + 1)).map((name) => name.trim());
  if (names.length > mostFields)
    throw invalidParameter('includefield', `names more than ${mostFields} attributes`);
  const included = new Set<Tag>();
  let isAll = false;
  for (const name of names) {
    if (name === '') continue;
    if (name.toLowerCase() === 'all') isAll = true;
    else addField(name, level, included, warnings);
  }
  return isAll ? 'all' : [...included];
}

function addField(name: string, level: SearchLevel, included: Set<Tag>, warnings: string[]): void {
  const tag = parseAttributePath(name)?.[0];
  if (tag === undefined) {
    throw invalidParameter(
      'includefield',
      `names ${printableName(name)}, which is no keyword, tag or path of DICOM`,
    );
  }
  const attributeLevel = levelOfTag(tag);
  if (attributeLevel !== undefined && !isWithinLevel(attributeLevel, level)) {
    warnings.push(wrongLevel(`includefield=${name}`, attributeLevel));
  } else {
    included.add(tag);
  }
}
