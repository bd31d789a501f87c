/** Ids that people and programs name: PostgreSQL refuses to compare an id with what is none. */

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID (RFC 9562 §4): whatever is none names nothing. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
