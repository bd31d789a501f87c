/** The DICOM JSON Model as text. */
import type { DicomJson, DicomJsonAttribute } from './json-model.ts';

/**
 * JSON text with the attributes in ascending order of their tags, as PS3.18 §F.2.2 demands. JSON.stringify does not
 * give that: JavaScript puts names that look like array indices ('60000010', '20500020') before all others.
 */
export function stringifyDicomJson(json: DicomJson): string {
  return isInOrder(json) ? JSON.stringify(json) : writeDataSet(json);
}

/** Whether no name at any level looks like an array index: then names stand as they were added, in ascending order. */
function isInOrder(json: DicomJson): boolean {
  for (const name in json) {
    if (looksLikeIndex(name)) return false;
    const attribute = json[name];
    if (attribute?.vr === 'SQ' && attribute.Value !== undefined && !itemsOf(attribute).every(isInOrder))
      return false;
  }
  return true;
}

function writeDataSet(json: DicomJson): string {
  const members = Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, attribute]) => `"${name}":${writeAttribute(attribute)}`);
  return `{${members.join(',')}}`;
}

function writeAttribute(attribute: DicomJsonAttribute): string {
  if (attribute.vr !== 'SQ' || attribute.Value === undefined) return JSON.stringify(attribute);
  return `{"vr":"SQ","Value":[${itemsOf(attribute).map(writeDataSet).join(',')}]}`;
}

function itemsOf(attribute: DicomJsonAttribute): DicomJson[] {
  return (attribute.Value ?? []).map((item) => (isItem(item) ? item : {}));
}

function isItem(value: unknown): value is DicomJson {
  return typeof value === 'object' && value !== null;
}

/** Nearly all names begin with a zero: those are never looked at any further. */
function looksLikeIndex(name: string): boolean {
  return !name.startsWith('0') && /^\d+$/.test(name);
}
