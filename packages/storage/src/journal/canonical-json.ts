// Canonical JSON (RFC 8785) of what the journal holds: objects, arrays, strings, whole numbers, booleans, null.

/** The text of `value`: members sorted by name in UTF-16 code units, no white space; members that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`${value} has no place in canonical JSON here: numbers are whole`);
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`a ${typeof value} has no form in JSON`);
  return text;
}

function canonicalObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
