/** Graphic annotations of a presentation state as SVG over the picture (PS3.3 C.10.5, C.10.7). */
import { type DataSet, decoderFor, floatsOf, intOf, itemsOf, labelOf, stringOf, Tags } from '@sandyq/dicom';
import { DicomwebError, type PixelSize } from '@sandyq/dicomweb';
import { type Orientation, type PixelRegion, textElement } from '@sandyq/pixel-data';
import { appliesTo, type PresentationState, type ReferencedFrame } from './presentation-state.ts';

/** From the image to the picture: cut out, turned, mirrored, scaled. */
export interface GraphicSpace {
  readonly region: PixelRegion;
  readonly orientation: Orientation;
  readonly size: PixelSize;
}

type Point = readonly [x: number, y: number];

/** Points of all graphics of a frame together; what is beyond is refused, not left out. */
const MOST_POINTS = 100_000;
const SMALLEST_FONT_PIXELS = 10;

/** SVG elements of the annotations that apply to the frame, layer by layer. Throws DicomwebError not-acceptable. */
export function drawGraphics(state: PresentationState, frame: ReferencedFrame, space: GraphicSpace): string {
  const { dataSet, byteOrder } = state;
  const decoder = decoderFor(labelOf(dataSet) ?? []);
  const layers = layersOf(state);
  const annotations = (itemsOf(dataSet, Tags.GraphicAnnotationSequence) ?? [])
    .filter((item) => appliesTo(item, byteOrder, frame))
    .map((item) => ({ item, layer: layers.get(stringOf(item, Tags.GraphicLayer) ?? '') }))
    .sort((a, b) => (a.layer?.order ?? 0) - (b.layer?.order ?? 0));
  const elements: string[] = [];
  let points = 0;
  for (const { item, layer } of annotations) {
    const colour = layer?.colour ?? 'white';
    for (const graphic of itemsOf(item, Tags.GraphicObjectSequence) ?? []) {
      const drawn = graphicPoints(graphic, state, space);
      points += drawn.length;
      if (points > MOST_POINTS) throw tooMany();
      elements.push(graphicElement(graphic, drawn, colour));
    }
    for (const text of itemsOf(item, Tags.TextObjectSequence) ?? []) {
      const value = stringOf(text, Tags.UnformattedTextValue, (bytes, vr) => decoder.decode(bytes, vr)) ?? '';
      elements.push(textElements(text, value, { state, space, colour }));
    }
  }
  return elements.join('');
}

interface Layer {
  readonly order: number;
  readonly colour: string;
}

/** Graphic Layer Sequence (C.10.7): which is drawn first, and in which shade. */
function layersOf({ dataSet, byteOrder }: PresentationState): ReadonlyMap<string, Layer> {
  return new Map(
    (itemsOf(dataSet, Tags.GraphicLayerSequence) ?? []).map((item) => {
      const value = intOf(item, Tags.GraphicLayerRecommendedDisplayGrayscaleValue, byteOrder) ?? 0xffff;
      const shade = value >> 8;
      const layer = {
        order: intOf(item, Tags.GraphicLayerOrder, byteOrder) ?? 0,
        colour: `rgb(${shade},${shade},${shade})`,
      };
      return [stringOf(item, Tags.GraphicLayer) ?? '', layer] as const;
    }),
  );
}

function graphicPoints(graphic: DataSet, { byteOrder }: PresentationState, space: GraphicSpace): Point[] {
  const numbers = floatsOf(graphic, Tags.GraphicData, byteOrder) ?? [];
  const units = stringOf(graphic, Tags.GraphicAnnotationUnits);
  const points: Point[] = [];
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    points.push(onPicture([numbers[index] ?? 0, numbers[index + 1] ?? 0], units, space));
  }
  return points.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)) ? points : [];
}

function graphicElement(graphic: DataSet, points: readonly Point[], colour: string): string {
  const [first, second] = points;
  if (first === undefined) return '';
  const fill = stringOf(graphic, Tags.GraphicFilled) === 'Y' ? colour : 'none';
  const stroke = `stroke="${colour}" stroke-width="1.5" fill="${fill}"`;
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  switch (stringOf(graphic, Tags.GraphicType)) {
    case 'POINT':
      return points
        .map(([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="1.5" fill="${colour}"/>`)
        .join('');
    case 'POLYLINE':
      return `<polyline points="${path}" ${stroke}/>`;
    case 'INTERPOLATED':
      return `<path d="${smoothPath(points)}" ${stroke}/>`;
    case 'CIRCLE': {
      if (second === undefined) return '';
      const radius = Math.hypot(second[0] - first[0], second[1] - first[1]);
      return `<circle cx="${round(first[0])}" cy="${round(first[1])}" r="${round(radius)}" ${stroke}/>`;
    }
    case 'ELLIPSE':
      return ellipse(points, stroke);
    default:
      return '';
  }
}

/** A curve through the points: cubic pieces whose tangents are those of Catmull and Rom. */
function smoothPath(points: readonly Point[]): string {
  const at = (index: number): Point => points[Math.min(points.length - 1, Math.max(0, index))] ?? [0, 0];
  const pieces = points.slice(1).map((end, index) => {
    const [before, start, after] = [at(index - 1), at(index), at(index + 2)];
    const first = [start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6];
    const second = [end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6];
    return `C${[...first, ...second, ...end].map(round).join(' ')}`;
  });
  return `M${at(0).map(round).join(' ')}${pieces.join('')}`;
}

/** Four points: the ends of the major, then of the minor axis (C.10.5.2). */
function ellipse([left, right, top, bottom]: readonly Point[], stroke: string): string {
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) return '';
  const [cx, cy] = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
  const major = Math.hypot(right[0] - left[0], right[1] - left[1]) / 2;
  const minor = Math.hypot(bottom[0] - top[0], bottom[1] - top[1]) / 2;
  const angle = (Math.atan2(right[1] - left[1], right[0] - left[0]) * 180) / Math.PI;
  const radii = `rx="${round(major)}" ry="${round(minor)}"`;
  const turn = `transform="rotate(${round(angle)} ${round(cx)} ${round(cy)})"`;
  return `<ellipse cx="${round(cx)}" cy="${round(cy)}" ${radii} ${turn} ${stroke}/>`;
}

/** Lines of text in their bounding box, else at their anchor (C.10.5.1). */
function textElements(
  text: DataSet,
  value: string,
  { state, space, colour }: { state: PresentationState; space: GraphicSpace; colour: string },
): string {
  const read = (tag: number) => floatsOf(text, tag, state.byteOrder);
  const box = read(Tags.BoundingBoxTopLeftHandCorner);
  const place = box ?? read(Tags.AnchorPoint);
  const [x, y] = place ?? [];
  if (x === undefined || y === undefined) return '';
  const unitsTag = box === undefined ? Tags.AnchorPointAnnotationUnits : Tags.BoundingBoxAnnotationUnits;
  const [left, top] = onPicture([x, y], stringOf(text, unitsTag), space);
  if (!Number.isFinite(left) || !Number.isFinite(top)) return '';
  const size = Math.max(SMALLEST_FONT_PIXELS, Math.round(Math.min(space.size.width, space.size.height) / 28));
  return value
    .split(/\r\n|\r|\n/)
    .map((line, index) =>
      textElement(line, { x: round(left), y: round(top + size * (1 + index * 1.25)), size, colour }),
    )
    .join('');
}

/** PIXEL: columns and rows of the image from 0; DISPLAY: fractions of what is shown (C.10.5). */
function onPicture([x, y]: Point, units: string | undefined, space: GraphicSpace): Point {
  const { region, orientation, size } = space;
  if (units === 'DISPLAY') return [x * size.width, y * size.height];
  const [u, v] = [(x - region.left) / region.width, (y - region.top) / region.height];
  const [turnedX, turnedY] = turned([u, v], orientation.quarterTurns);
  return [(orientation.isMirrored ? 1 - turnedX : turnedX) * size.width, turnedY * size.height];
}

/** A point of the unit square after so many clockwise quarter turns of it. */
function turned([x, y]: Point, quarterTurns: number): Point {
  if (quarterTurns === 1) return [1 - y, x];
  if (quarterTurns === 2) return [1 - x, 1 - y];
  return quarterTurns === 3 ? [y, 1 - x] : [x, y];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function tooMany(): DicomwebError {
  return new DicomwebError(
    'not-acceptable',
    `The presentation state draws more than ${MOST_POINTS} points on a frame, which is not done here`,
  );
}
