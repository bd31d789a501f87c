/** Cutting, turning and covering pictures, pixel by pixel: nothing is interpolated. */
import type { Picture } from './grey-picture.ts';

/** A rectangle of whole pixels, from 0; may reach beyond the picture. */
export interface PixelRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Turned clockwise first, mirrored then (PS3.3 C.10.6). */
export interface Orientation {
  readonly quarterTurns: 0 | 1 | 2 | 3;
  /** Left and right change places. */
  readonly isMirrored: boolean;
}

/** The pixels of the region; what lies beyond the picture is black. */
export function cutOut(picture: Picture, { left, top, width, height }: PixelRegion): Picture {
  const { rows, columns, channels } = picture;
  if (left === 0 && top === 0 && width === columns && height === rows) return picture;
  const pixels = new Uint8Array(width * height * channels);
  const from = Math.max(0, left);
  const to = Math.min(columns, left + width);
  const end = from < to ? Math.min(rows, top + height) : 0;
  for (let row = Math.max(0, top); row < end; row++) {
    const line = picture.pixels.subarray((row * columns + from) * channels, (row * columns + to) * channels);
    pixels.set(line, ((row - top) * width + from - left) * channels);
  }
  return { rows: height, columns: width, channels, pixels };
}

/** The picture turned and mirrored. */
export function oriented(picture: Picture, { quarterTurns, isMirrored }: Orientation): Picture {
  if (quarterTurns === 0 && !isMirrored) return picture;
  const { rows, columns, channels } = picture;
  const [newRows, newColumns] = quarterTurns % 2 === 0 ? [rows, columns] : [columns, rows];
  const pixels = new Uint8Array(picture.pixels.length);
  for (let row = 0; row < newRows; row++) {
    for (let column = 0; column < newColumns; column++) {
      const across = isMirrored ? newColumns - 1 - column : column;
      const [fromRow, fromColumn] = sourceOf(row, across, { rows, columns, quarterTurns });
      const from = (fromRow * columns + fromColumn) * channels;
      const to = (row * newColumns + column) * channels;
      for (let channel = 0; channel < channels; channel++) {
        pixels[to + channel] = picture.pixels[from + channel] ?? 0;
      }
    }
  }
  return { rows: newRows, columns: newColumns, channels, pixels };
}

/** The part of the picture, itself a part of an image, of which turning makes this part of the turned picture. */
export function beforeOrientation(
  part: PixelRegion,
  picture: PixelRegion,
  { quarterTurns, isMirrored }: Orientation,
): PixelRegion {
  const isSideways = quarterTurns % 2 === 1;
  const across = isSideways ? picture.height : picture.width;
  const left = isMirrored ? across - part.left - part.width : part.left;
  const corner = cornerOf({ ...part, left }, picture, quarterTurns);
  return {
    left: picture.left + corner.left,
    top: picture.top + corner.top,
    width: isSideways ? part.height : part.width,
    height: isSideways ? part.width : part.height,
  };
}

function cornerOf(
  { left, top, width, height }: PixelRegion,
  picture: PixelRegion,
  quarterTurns: Orientation['quarterTurns'],
): Pick<PixelRegion, 'left' | 'top'> {
  switch (quarterTurns) {
    case 1:
      return { left: top, top: picture.height - left - width };
    case 2:
      return { left: picture.width - left - width, top: picture.height - top - height };
    case 3:
      return { left: picture.width - top - height, top: left };
    default:
      return { left, top };
  }
}

/** Where a pixel of the turned picture comes from. */
function sourceOf(
  row: number,
  column: number,
  { rows, columns, quarterTurns }: { rows: number; columns: number; quarterTurns: number },
): readonly [row: number, column: number] {
  if (quarterTurns === 1) return [rows - 1 - column, row];
  if (quarterTurns === 2) return [rows - 1 - row, columns - 1 - column];
  if (quarterTurns === 3) return [column, columns - 1 - row];
  return [row, column];
}

/** The mirrored orientation that is upside down, or the other way around. */
export function upsideDown({ quarterTurns, isMirrored }: Orientation): Orientation {
  // Upside down is a half turn and a mirror.
  return { quarterTurns: quarterTurnsOf(quarterTurns + 2), isMirrored: !isMirrored };
}

/** Quarter turns in 0 to 3. */
export function quarterTurnsOf(turns: number): Orientation['quarterTurns'] {
  const rest = ((turns % 4) + 4) % 4;
  return rest === 1 ? 1 : rest === 2 ? 2 : rest === 3 ? 3 : 0;
}
