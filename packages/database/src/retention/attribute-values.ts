/** Attributes of a study as conditions ask for them: by keyword, as text. */
import { entryOfTag } from '@sandyq/dicom';

/**
 * Values by keyword of a study's DICOM JSON (PS3.18 Annex F): each value, of a name each component group. Sequences and
 * empty values are left out: what is not there is not known.
 */
export function attributeValues(text: string): Readonly<Record<string, readonly string[]>> {
  const json: unknown = JSON.parse(text);
  const values: Record<string, readonly string[]> = {};
  for (const [tag, element] of Object.entries(asObject(json))) {
    const keyword = entryOfTag(Number.parseInt(tag, 16))?.keyword;
    const texts = textsOf(asObject(element)['Value']);
    if (keyword !== undefined && texts.length > 0) values[keyword] = texts;
  }
  return values;
}

function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => (isScalar(each) ? [each] : groupsOf(each))).flatMap(textOf);
}

/** Of a person name (PS3.18 F.2.2); anything else is an item of a sequence. */
function groupsOf(value: unknown): unknown[] {
  const { Alphabetic, Ideographic, Phonetic } = asObject(value);
  return [Alphabetic, Ideographic, Phonetic].filter(isScalar);
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function textOf(value: unknown): string[] {
  const text = String(value).trim();
  return text === '' ? [] : [text];
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
