/** A name as family name and the rest, whether its writer used '^', spaces, or nothing as in 김안나. */
import { surnameLength } from './korean-surnames.ts';

/** Words as foldName leaves them, without hyphens; each part may be empty. */
export interface NameParts {
  readonly family: readonly string[];
  /** Given name, middle name and what follows. */
  readonly rest: readonly string[];
}

/** Most words of one name that are looked at. */
const mostWords = 12;

/** Splits one component group that foldName has passed. */
export function nameParts(group: string): NameParts {
  const [first = '', ...others] = group.replaceAll(/[\^ ]+$|^ +/g, '').split('^');
  const words = wordsOf(first);
  if (others.length > 0) return { family: words, rest: others.flatMap(wordsOf).slice(0, mostWords) };
  const [only = ''] = words;
  if (words.length === 1 && /^[가-힣]{2,5}$/.test(only)) {
    const length = surnameLength(only);
    return { family: [only.slice(0, length)], rest: [only.slice(length)].filter((word) => word !== '') };
  }
  const [family = '', ...rest] = first.split(' ').filter((word) => /[^- ]/.test(word));
  return { family: wordsOf(family), rest: rest.flatMap(wordsOf).slice(0, mostWords) };
}

function wordsOf(component: string): string[] {
  return component.split(/[- ]+/).filter((word) => word !== '');
}
