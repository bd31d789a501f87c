/** Values of attributes as people read them. */

/** A date (DA); anything else as it is. */
export function date(value: string): string {
  return value.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
}

/** A time (TM) without fractions. */
export function time(value: string): string {
  return value.replace(/^(\d{2})(\d{2})(\d{2}).*$/, '$1:$2:$3');
}

/** A date and time (DT), or a date and a time put together, without fractions and offset. */
export function dateTime(value: string): string {
  return `${date(value.slice(0, 8))} ${time(value.slice(8))}`.trim();
}

/** What is not empty. */
export function joined(separator: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(separator);
}
