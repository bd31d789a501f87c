/** Entity tags and the conditions built on them (RFC 9110 §8.8.3, §13.1). All tags of the archive are strong. */

/**
 * A strong entity tag from what the bytes of an answer depend on, e.g. (revision, media type, transfer syntax).
 * Parts must not be patient data: tags end up in logs of proxies.
 */
export function entityTag(...parts: readonly (string | number)[]): string {
  return `"${parts.map((part) => encodeURIComponent(part)).join(':')}"`;
}

/** If-None-Match: whether the client has this representation, so that 304 answers a GET (weak comparison, §13.1.2). */
export function isNoneMatchFulfilled(header: string | undefined, tag: string): boolean {
  return (
    header !== undefined &&
    (header.trim() === '*' || tagsOf(header).some((other) => opaque(other) === opaque(tag)))
  );
}

/** If-Match: whether the condition holds; false means 412 (strong comparison, §13.1.1). No header: it holds. */
export function isMatchFulfilled(header: string | undefined, tag: string): boolean {
  if (header === undefined || header.trim() === '*') return true;
  return !tag.startsWith('W/') && tagsOf(header).includes(tag);
}

/** If-Range: whether the Range header counts (§13.1.5). No header: it does. Dates never match: the archive sends none. */
export function isRangeWanted(header: string | undefined, tag: string): boolean {
  return header === undefined || header.trim() === tag;
}

function tagsOf(header: string): readonly string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
