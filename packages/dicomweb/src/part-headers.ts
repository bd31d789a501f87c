/** The header block of one part of a multipart body (RFC 2046 §5.1, RFC 5322 §2.2). */

/** Header fields of a part: names in lower case, values without surrounding space; the first of a name counts. */
export type PartHeaders = ReadonlyMap<string, string>;

const field = /^([!-9;-~]+)[ \t]*:(.*)$/s;

/**
 * Reads header lines (without their line breaks). Folded lines are joined.
 *
 * @returns the fields that could be read, and whether a line was no header field
 */
export function parsePartHeaders(lines: readonly string[]): { headers: PartHeaders; malformed: boolean } {
  const headers = new Map<string, string>();
  let malformed = false;
  for (const line of unfold(lines)) {
    const match = field.exec(line);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined) malformed = true;
    else if (!headers.has(name)) headers.set(name, (match?.[2] ?? '').trim());
  }
  return { headers, malformed };
}

function unfold(lines: readonly string[]): string[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    const previous = unfolded.at(-1);
    const continues = previous !== undefined && /^[ \t]/.test(line);
    if (continues) unfolded[unfolded.length - 1] = `${previous} ${line.trim()}`;
    else unfolded.push(line);
  }
  return unfolded;
}
