/** Unique identifiers (PS3.5 §6.2 UI, §9): what the standard wants and what an archive can live with. */

const longestUidLength = 64;

/** Removes the padding of a UI value: trailing NULs, and the spaces some writers use. */
export function trimUid(text: string): string {
  return text.replace(/^ +|[ \0]+$/g, '');
}

/** Whether a UID is as PS3.5 §9.1 wants it: at most 64 characters, numbers without leading zeros, joined by dots. */
export function isWellFormedUid(uid: string): boolean {
  return uid.length <= longestUidLength && /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$/.test(uid);
}

/**
 * Whether an archive that keeps bytes as they came can identify an instance by it: 1 to 64 digits and dots.
 * Leading zeros and empty components exist in the field and harm nobody; other characters are no UID at all.
 */
export function isUsableUid(uid: string): boolean {
  return uid.length <= longestUidLength && /^\.*\d[\d.]*$/.test(uid);
}
