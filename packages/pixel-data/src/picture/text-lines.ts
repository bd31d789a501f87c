/** Lines of text at the edges of a picture, as SVG to lay over it (PS3.18 §8.3.5.1.1: burnt in). */
import { textFontFamily } from './fonts.ts';

/** What is written on a picture. */
export interface CornerText {
  readonly topLeft: readonly string[];
  readonly bottomLeft: readonly string[];
}

const LINES_A_PICTURE = 28;
const SMALLEST_FONT_PIXELS = 11;
const LARGEST_FONT_PIXELS = 40;
const LONGEST_LINE = 200;

/** SVG elements for a picture of this size, in white with a black rim, readable on any ground. */
export function cornerTextElements(
  { topLeft, bottomLeft }: CornerText,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const wanted = Math.min(width, height) / LINES_A_PICTURE;
  const size = Math.min(LARGEST_FONT_PIXELS, Math.max(SMALLEST_FONT_PIXELS, Math.round(wanted)));
  const step = Math.round(size * 1.25);
  const top = topLeft.map((line, index) => textElement(line, { x: size / 2, y: step * (index + 1), size }));
  const bottom = bottomLeft.map((line, index) =>
    textElement(line, { x: size / 2, y: height - step * (bottomLeft.length - index) + size / 2, size }),
  );
  return [...top, ...bottom].join('');
}

/** One line of text; x and y are the left end of its base line. */
export function textElement(
  text: string,
  { x, y, size, colour = 'white' }: { x: number; y: number; size: number; colour?: string },
): string {
  const style = `font-family="${textFontFamily}" font-size="${size}" fill="${colour}"`;
  const rim = `stroke="black" stroke-width="${Math.max(2, size / 6)}" stroke-linejoin="round"`;
  const place = `xml:space="preserve" x="${x}" y="${y}"`;
  const escaped = escapeXml(text.slice(0, LONGEST_LINE));
  // The rim is drawn first: librsvg knows no paint-order.
  return `<text ${place} ${style} ${rim}>${escaped}</text><text ${place} ${style}>${escaped}</text>`;
}

/** SVG of these elements over a picture of this size. */
export function svgOver(
  elements: string,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${elements}</svg>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for XML: control characters, which XML has no way to write, become spaces. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, ' ')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
