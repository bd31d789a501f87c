/** How a frame looks through a presentation state (PS3.4 N.2.1): one plan of steps. */
import { stringOf } from '@sandyq/dicom';
import { DicomwebError, type PixelSize } from '@sandyq/dicomweb';
import {
  beforeOrientation,
  CodecError,
  type EncodeOptions,
  fullWindow,
  type ModalityLut,
  modalityValue,
  type OverlaySource,
  overlaysOf,
  type PictureRecipe,
  type PixelRegion,
  pixelAspectOf,
  type Shading,
  shapeOf,
  squarePixels,
} from '@sandyq/pixel-data';
import type { DrawAnnotations, FramePlan, PlanFrame } from '../frame-plan.ts';
import { type PictureStyle, place, regionOf } from '../picture-style.ts';
import type { RenderSource } from '../render-source.ts';
import { drawGraphics, type GraphicSpace } from './graphic-drawing.ts';
import {
  bitmapShutterGroup,
  type DisplayedArea,
  displayedAreaOf,
  modalityOf,
  orientationOf,
  type PresentationState,
  presentationLutOf,
  type ReferencedFrame,
  shutterOf,
  shutterShade,
  softcopyVoiOf,
} from './presentation-state.ts';

/** Largest magnification that is followed; a display that needs more asks with a viewport. */
const MOST_MAGNIFICATION = 16;

/** Plans of the frames of an image that a presentation state refers to. Throws DicomwebError not-acceptable. */
export function presentationPlans(
  state: PresentationState,
  source: RenderSource,
  style: PictureStyle,
  draw?: DrawAnnotations,
): PlanFrame {
  return (frameIndex, photometricInterpretation) => {
    if (!photometricInterpretation.startsWith('MONOCHROME')) {
      throw new CodecError('unsupported', 'a grayscale presentation state over an image in colour');
    }
    const frame = { sopInstanceUid: source.location.sopInstanceUid, frameNumber: frameIndex + 1 };
    const shading = shadingThrough(state, source, frame);
    const { space, region, cut, size } = placeThrough(state, source, { style, frame });
    const recipe: PictureRecipe = {
      shading,
      shutter: shutterOf(state),
      overlays: activeOverlays(state, source, frameIndex),
      region,
      orientation: space.orientation,
    };
    const text = draw?.(frameIndex, shading);
    return { recipe, size, drawing: drawingOf(state, { space, cut, frame, text }) };
  };
}

function drawingOf(
  state: PresentationState,
  {
    space,
    cut,
    frame,
    text,
  }: Pick<Place, 'space' | 'cut'> & { frame: ReferencedFrame; text: EncodeOptions['drawing'] },
): FramePlan['drawing'] {
  const graphics = drawGraphics(state, frame, space);
  const moved =
    graphics === '' || (cut.left === 0 && cut.top === 0)
      ? graphics
      : `<g transform="translate(${-cut.left} ${-cut.top})">${graphics}</g>`;
  return (size) => moved + (text?.(size) ?? '');
}

/** Modality LUT, Softcopy VOI LUT and Presentation LUT of the state; none of the image's own (N.2.1). */
function shadingThrough(state: PresentationState, source: RenderSource, frame: ReferencedFrame): Shading {
  const modality = modalityOf(state);
  const { table, isInverted } = presentationLutOf(state);
  return {
    kind: 'grey',
    modality,
    voi: softcopyVoiOf(state, frame, source) ?? wholeRange(source, modality),
    presentation: table,
    isInverted,
  };
}

/** Without a VOI LUT the whole range of what the Modality LUT can give is shown. */
function wholeRange({ description }: RenderSource, modality: ModalityLut | undefined) {
  if (modality?.kind === 'table') return fullWindow(0, 2 ** modality.table.bits - 1);
  const { bitsStored, pixelRepresentation } = shapeOf(description);
  const least = pixelRepresentation === 1 ? -(2 ** (bitsStored - 1)) : 0;
  const ends = [least, least + 2 ** bitsStored - 1].map((value) => modalityValue(modality, value));
  return fullWindow(Math.min(...ends), Math.max(...ends));
}

/** Where the image is on the picture. */
interface Place {
  /** All that the presentation state shows, in the scale of the picture: what graphics are drawn in. */
  readonly space: GraphicSpace;
  /** Place of the picture in it: the region of the request is taken of what is seen (PS3.18 §9.5.2.4). */
  readonly cut: { readonly left: number; readonly top: number };
  /** What of the image is on the picture. */
  readonly region: PixelRegion;
  readonly size: PixelSize;
}

/** Displayed area, turn and flip, the part that is asked for, size of the picture. */
function placeThrough(
  state: PresentationState,
  source: RenderSource,
  { style, frame }: { readonly style: PictureStyle; readonly frame: ReferencedFrame },
): Place {
  const { dataSet, byteOrder, description } = source;
  const image = { width: description.columns, height: description.rows };
  const area = displayedAreaOf(state, frame);
  const region = area === undefined ? { left: 0, top: 0, ...image } : areaRegion(area, image);
  const orientation = orientationOf(state);
  const imageAspect = area?.pixelAspect ?? pixelAspectOf(dataSet, byteOrder, frame.frameNumber - 1);
  const isTurned = orientation.quarterTurns % 2 === 1;
  const aspect = isTurned ? 1 / imageAspect : imageAspect;
  const shown = isTurned ? { width: region.height, height: region.width } : region;
  const part = regionOf(style, shown);
  const box = style.viewport ?? style.box ?? presentedBox(part, area, aspect);
  const { size } = place({ ...style, region: undefined, viewport: undefined, box }, part, aspect);
  const [across, down] = [size.width / part.width, size.height / part.height];
  return {
    space: { region, orientation, size: { width: shown.width * across, height: shown.height * down } },
    cut: { left: part.left * across, top: part.top * down },
    region: beforeOrientation(part, region, orientation),
    size,
  };
}

/** Where the request says nothing of the size: one pixel for one, square, or as many as MAGNIFY asks for. */
function presentedBox(shown: PixelSize, area: DisplayedArea | undefined, aspect: number): PixelSize {
  const { width, height } = squarePixels(shown, aspect);
  const scale = Math.min(MOST_MAGNIFICATION, area?.magnification ?? 1);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** From corners to pixels. An area may reach beyond the image, what is there is black; but not for ever. */
function areaRegion({ left, top, right, bottom }: DisplayedArea, { width, height }: PixelSize): PixelRegion {
  const isNear = left > -2 * width && top > -2 * height && right < 3 * width && bottom < 3 * height;
  if (!isNear) {
    throw new DicomwebError(
      'not-acceptable',
      'The displayed area of the presentation state is not on the image',
    );
  }
  return { left: left - 1, top: top - 1, width: right - left + 1, height: bottom - top + 1 };
}

/** Overlays that an Overlay Activation Layer of the state turns on, its own or the image's; and its bitmap shutter. */
function activeOverlays(state: PresentationState, source: RenderSource, frameIndex: number): OverlaySource[] {
  const shutterGroup = bitmapShutterGroup(state);
  const own = (isWanted: (group: number, layer: string | undefined) => boolean) =>
    overlaysOf(state.dataSet, state.byteOrder, 0, isWanted);
  const shutter = own((group) => group === shutterGroup).map((overlay) => ({
    ...overlay,
    shade: shutterShade(state),
  }));
  const drawn = own((group, layer) => layer !== undefined && group !== shutterGroup);
  const ofImage = overlaysOf(source.dataSet, source.byteOrder, frameIndex, (group) =>
    isActivated(state, group, shutterGroup),
  );
  return [...shutter, ...drawn, ...ofImage];
}

/** Whether the state turns on an overlay that it has not itself. */
function isActivated(
  { dataSet }: PresentationState,
  group: number,
  shutterGroup: number | undefined,
): boolean {
  const layer = stringOf(dataSet, group * 0x10000 + 0x1001);
  return layer !== undefined && group !== shutterGroup && !dataSet.elements.has(group * 0x10000 + 0x3000);
}
