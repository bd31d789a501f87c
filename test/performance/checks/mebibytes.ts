/** Mebibytes for tables. */

/** In bytes. */
export const MEBIBYTE = 2 ** 20;

/** One decimal below ten. */
export function inMebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(bytes < 10 * MEBIBYTE ? 1 : 0);
}
