/** A report as HTML, plain text or XML (PS3.18 Table 8.7.4-1). Everything that comes from the instance is escaped. */
import { escapeXml } from '@sandyq/pixel-data';
import type { Concept, ContentItem, ReportDocument } from './report-document.ts';

/** Media types of rendered text; the first is the default. */
export const REPORT_TYPES = ['text/html', 'text/plain', 'text/xml'] as const;
/** One of {@link REPORT_TYPES}. */
export type ReportType = (typeof REPORT_TYPES)[number];

/** The report, to be sent in UTF-8. */
export function writeReport(report: ReportDocument, mediaType: ReportType): string {
  switch (mediaType) {
    case 'text/html':
      return htmlOf(report);
    case 'text/plain':
      return textOf(report);
    case 'text/xml':
      return xmlOf(report);
    default:
      return mediaType satisfies never;
  }
}

/** A page without scripts, styles and links. */
function htmlOf({ title, facts, root }: ReportDocument): string {
  const rows = facts.map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`);
  return [
    '<!DOCTYPE html>',
    `<html><head><meta charset="utf-8"><title>${escapeText(title)}</title></head><body>`,
    `<h1>${escapeText(title)}</h1>`,
    `<dl>${rows.join('')}</dl>`,
    htmlList(root.items),
    '</body></html>',
    '',
  ].join('\n');
}

function htmlList(items: readonly ContentItem[]): string {
  if (items.length === 0) return '';
  return `<ul>\n${items.map((item) => `<li>${htmlItem(item)}${htmlList(item.items)}</li>\n`).join('')}</ul>`;
}

function htmlItem(item: ContentItem): string {
  const name = nameOf(item);
  const value = [item.value, item.unit, ...item.references].filter(Boolean).map(escapeText).join(' ');
  return `${name === '' ? '' : `<b>${escapeText(name)}</b>`}${name !== '' && value !== '' ? ': ' : ''}${value.replaceAll('\n', '<br>')}`;
}

function textOf({ title, facts, root }: ReportDocument): string {
  const head = facts.map(([name, value]) => `${name}: ${value}`);
  return `${[title, '='.repeat(title.length), ...head, '', ...textLines(root.items, '')].join('\n')}\n`;
}

function textLines(items: readonly ContentItem[], indent: string): string[] {
  return items.flatMap((item) => {
    const value = [item.value, item.unit, ...item.references].filter(Boolean).join(' ');
    const line = [nameOf(item), value].filter(Boolean).join(': ');
    const [first = '', ...more] = linesOf(line);
    const deeper = `${indent}  `;
    return [`${indent}- ${first}`, ...more.map((rest) => deeper + rest), ...textLines(item.items, deeper)];
  });
}

/** Names for people; where there is none, what kind of item it is. */
function nameOf({ name, valueType, value, references }: ContentItem): string {
  if (name !== undefined) return name.meaning;
  return value === '' && references.length === 0 ? valueType : '';
}

/** Elements of our own, documented in the conformance statement: `report`, `fact`, `item`, `name`, `value`, `reference`. */
function xmlOf({ title, facts, root }: ReportDocument): string {
  const head = facts.map(([name, value]) => `<fact name="${escapeText(name)}">${escapeText(value)}</fact>\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<report title="${escapeText(title)}">\n${head.join('')}${xmlItem(root)}</report>\n`;
}

function xmlItem(item: ContentItem): string {
  const attributes = xmlAttributes({ type: item.valueType, relationship: item.relationship });
  const name = item.name === undefined ? '' : xmlConcept('name', item.name, item.name.meaning);
  const concept = item.concept ?? { meaning: '', value: '', scheme: '' };
  const value = item.value === '' ? '' : xmlConcept('value', concept, item.value, item.unit);
  const references = item.references.map((reference) => `<reference>${escapeText(reference)}</reference>`);
  const below = item.items.map(xmlItem).join('');
  return `<item${attributes}>${name}${value}${references.join('')}${below === '' ? '' : `\n${below}`}</item>\n`;
}

function xmlConcept(element: string, { value: code, scheme }: Concept, text: string, unit = ''): string {
  return `<${element}${xmlAttributes({ code, scheme, unit })}>${escapeText(text)}</${element}>`;
}

function xmlAttributes(attributes: Readonly<Record<string, string>>): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== '');
  return given.map(([name, value]) => ` ${name}="${escapeText(value)}"`).join('');
}

/** Lines stay lines; other control characters can be neither in HTML nor in XML. */
function escapeText(text: string): string {
  return linesOf(text).map(escapeXml).join('\n');
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
