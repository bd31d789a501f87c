/**
 * Skeletons: words of names in one small alphabet, whatever the script and the romanisation they were written in. Vowels are
 * a e i o u, consonants as in English but c = ts, j = zh or dzh, q = ch, x = sh or shch, h = h or kh; no double letters.
 * A skeleton is for comparison only. See docs/decisions/0022.
 */

/** Most skeletons of one word: ambiguity beyond it is cut off, the usual readings come first. */
export const mostSkeletons = 8;

/** Every way to take one alternative of each part, in order, the first alternatives first; at most `most`. */
export function combine(parts: readonly (readonly string[])[], most = mostSkeletons): string[] {
  let words = [''];
  for (const alternatives of parts) {
    words =
      alternatives.length === 1 && alternatives[0] !== undefined
        ? words.map((word) => word + alternatives[0])
        : words.flatMap((word) => alternatives.map((alternative) => word + alternative)).slice(0, most);
  }
  return words;
}

/** What romanisations write in many ways, in one: runs of i, a soft e, double letters. Without repetitions. */
export function tidySkeleton(words: readonly string[]): string[] {
  const tidied = words.map((word) =>
    word
      .replaceAll(/i+/g, 'i')
      .replaceAll('ie', 'e')
      .replaceAll(/(.)\1+/g, '$1'),
  );
  return [...new Set(tidied)].filter((word) => word !== '').slice(0, mostSkeletons);
}
