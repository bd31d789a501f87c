/**
 * The DICOM JSON model (PS3.18 Annex F) as a Native DICOM model in XML (PS3.19 A.1). Private creator elements
 * become the `privateCreator` of their attributes, whose tags then have 00 for the block (PS3.19 Table A.1.5-2).
 * Characters that XML 1.0 cannot carry are left out.
 */
import {
  type DicomJson,
  type DicomJsonAttribute,
  type DicomJsonPersonName,
  type DicomJsonValue,
  entryOfTag,
  isPrivateCreator,
  isPrivateTag,
  type Tag,
  tagToHex,
} from '@sandyq/dicom';

const namespace = 'http://dicom.nema.org/PS3.19/models/NativeDICOM';

/** Writes one data set as an XML document (UTF-8), without white space between elements. */
export function dicomJsonToXml(json: DicomJson): string {
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  return `${head}<NativeDicomModel xmlns="${namespace}" xml:space="preserve">${dataSet(json)}</NativeDicomModel>`;
}

function dataSet(json: DicomJson): string {
  let xml = '';
  for (const key of Object.keys(json).sort()) {
    const attribute = json[key];
    const tag = Number.parseInt(key, 16);
    const isLeftOut = isPrivateCreator(tag) || (tag & 0xffff) === 0;
    if (attribute !== undefined && !isLeftOut) xml += dicomAttribute(tag, attribute, creatorOf(json, tag));
  }
  return xml;
}

function creatorOf(json: DicomJson, tag: Tag): string | undefined {
  if (!isPrivateTag(tag) || (tag & 0xff00) === 0) return undefined;
  const creatorTag = ((tag & 0xffff0000) | ((tag & 0xff00) >>> 8)) >>> 0;
  const creator = json[tagToHex(creatorTag)]?.Value?.[0];
  return typeof creator === 'string' ? creator : undefined;
}

function dicomAttribute(tag: Tag, attribute: DicomJsonAttribute, privateCreator: string | undefined): string {
  const written = privateCreator === undefined ? tag : (tag & 0xffff00ff) >>> 0;
  const keyword = isPrivateTag(tag) ? '' : (entryOfTag(tag)?.keyword ?? '');
  const creator = privateCreator === undefined ? '' : ` privateCreator="${escaped(privateCreator)}"`;
  const name = keyword === '' ? '' : ` keyword="${keyword}"`;
  const start = `<DicomAttribute tag="${tagToHex(written)}" vr="${attribute.vr}"${name}${creator}`;
  const content = contentOf(attribute);
  return content === '' ? `${start}/>` : `${start}>${content}</DicomAttribute>`;
}

function contentOf({ vr, Value, BulkDataURI, InlineBinary }: DicomJsonAttribute): string {
  if (BulkDataURI !== undefined) return `<BulkData uri="${escaped(BulkDataURI)}"/>`;
  if (InlineBinary !== undefined) return `<InlineBinary>${escaped(InlineBinary)}</InlineBinary>`;
  let xml = '';
  for (const [index, value] of (Value ?? []).entries()) {
    // An empty value among others keeps its place by the numbers around it.
    if (value === null) continue;
    xml += numbered(vr, index + 1, value);
  }
  return xml;
}

function numbered(vr: string, number: number, value: NonNullable<DicomJsonValue>): string {
  if (typeof value !== 'object') return `<Value number="${number}">${escaped(String(value))}</Value>`;
  if (isItem(vr, value)) return `<Item number="${number}">${dataSet(value)}</Item>`;
  return `<PersonName number="${number}">${componentGroups(value)}</PersonName>`;
}

function isItem(vr: string, value: DicomJsonPersonName | DicomJson): value is DicomJson {
  return vr === 'SQ' || Object.keys(value).some((key) => /^[0-9A-F]{8}$/.test(key));
}

const groupNames = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
const componentNames = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'] as const;

function componentGroups(name: DicomJsonPersonName): string {
  let xml = '';
  for (const groupName of groupNames) {
    const group = name[groupName] ?? '';
    if (group !== '') xml += `<${groupName}>${components(group)}</${groupName}>`;
  }
  return xml;
}

function components(group: string): string {
  const parts = group.split('^');
  let xml = '';
  for (const [index, name] of componentNames.entries()) {
    // A sixth component and on is against PS3.5 §6.2.1.1, but must not get lost: it stays in the suffix.
    const part = index === componentNames.length - 1 ? parts.slice(index).join('^') : (parts[index] ?? '');
    if (part !== '') xml += `<${name}>${escaped(part)}</${name}>`;
  }
  return xml;
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // As references, or XML parsers turn them into line feeds and spaces.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\r\n\t]/g, (character) => references[character] ?? '');
}
