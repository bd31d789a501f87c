/** First value of an attribute of the DICOM JSON model as text. */
import { type DicomJson, type Tag, tagToHex } from '@sandyq/dicom';

/** Without surrounding spaces and NUL; undefined where absent, empty or no text. */
export function textOf(json: DicomJson, tag: Tag): string | undefined {
  const value: unknown = json[tagToHex(tag)]?.Value?.[0];
  const text = typeof value === 'string' ? value.replaceAll('\u0000', '').trim() : '';
  return text === '' ? undefined : text.slice(0, 1_024);
}
