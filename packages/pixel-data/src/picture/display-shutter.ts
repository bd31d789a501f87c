/** Display shutters (PS3.3 C.7.6.11, C.11.12): what lies outside of all shapes is covered. */
import type { Picture } from './grey-picture.ts';

/** Shapes of a shutter, in pixels of the image from 1 (row, column); what is inside of every one is seen. */
export type ShutterShape =
  | {
      readonly kind: 'rectangle';
      readonly left: number;
      readonly right: number;
      readonly top: number;
      readonly bottom: number;
    }
  | { readonly kind: 'circle'; readonly row: number; readonly column: number; readonly radius: number }
  | { readonly kind: 'polygon'; readonly vertices: readonly (readonly [row: number, column: number])[] };

/** A shutter. */
export interface DisplayShutter {
  readonly shapes: readonly ShutterShape[];
  /** Shade of what is covered, 0 to 255. */
  readonly shade: number;
}

/** The picture with everything outside of the shutter's opening covered. */
export function withShutter(picture: Picture, { shapes, shade }: DisplayShutter): Picture {
  if (shapes.length === 0) return picture;
  const { rows, columns, channels } = picture;
  const pixels = Uint8Array.from(picture.pixels);
  for (let row = 0; row < rows; row++) {
    const spans = shapes.map((shape) => openingOf(shape, row + 1, columns));
    for (let column = 0; column < columns; column++) {
      if (spans.every((isOpen) => isOpen(column + 1))) continue;
      const at = (row * columns + column) * channels;
      pixels.fill(shade, at, at + channels);
    }
  }
  return { ...picture, pixels };
}

/** Which columns of a row a shape leaves open. */
function openingOf(shape: ShutterShape, row: number, columns: number): (column: number) => boolean {
  switch (shape.kind) {
    case 'rectangle': {
      const isIn = row >= shape.top && row <= shape.bottom;
      return (column) => isIn && column >= shape.left && column <= shape.right;
    }
    case 'circle': {
      const reach = Math.sqrt(Math.max(-1, shape.radius ** 2 - (row - shape.row) ** 2));
      return (column) => Math.abs(column - shape.column) <= reach;
    }
    default: {
      const crossings = crossingsOf(shape.vertices, row);
      const isOpen = new Uint8Array(columns + 2);
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        const first = Math.max(1, Math.ceil(crossings[pair] ?? 0));
        const last = Math.min(columns, Math.floor(crossings[pair + 1] ?? 0));
        if (first <= last) isOpen.fill(1, first, last + 1);
      }
      return (column) => isOpen[column] === 1;
    }
  }
}

/** Columns at which the outline crosses a row, ascending. The last vertex is joined to the first. */
function crossingsOf(vertices: readonly (readonly [number, number])[], row: number): number[] {
  const crossings: number[] = [];
  for (const [index, [row1, column1]] of vertices.entries()) {
    const [row2, column2] = vertices[(index + 1) % vertices.length] ?? [row1, column1];
    if (row1 <= row !== row2 <= row) {
      crossings.push(column1 + ((row - row1) / (row2 - row1)) * (column2 - column1));
    }
  }
  return crossings.sort((a, b) => a - b);
}
