/** A Grayscale Softcopy Presentation State (PS3.3 A.33.1) as it applies to one frame at a time. Reading, no drawing. */
import {
  type ByteOrder,
  type DataSet,
  floatsOf,
  intOf,
  intsOf,
  isUsableUid,
  itemsOf,
  stringOf,
  stringsOf,
  type Tag,
  Tags,
  uidOf,
} from '@sandyq/dicom';
import {
  aspectOf,
  type DisplayShutter,
  isSignedOutput,
  type LookupTable,
  type ModalityLut,
  modalityLutOf,
  type Orientation,
  quarterTurnsOf,
  type ShutterShape,
  tableOfItem,
  type VoiLut,
  voiLutOfItem,
} from '@sandyq/pixel-data';

/** The data set of a presentation state. */
export interface PresentationState {
  readonly dataSet: DataSet;
  readonly byteOrder: ByteOrder;
}

/** An image that it refers to. */
export interface ReferencedImage {
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  /** From 1; undefined = all. */
  readonly frameNumbers: readonly number[] | undefined;
}

/** One frame of one of them. */
export interface ReferencedFrame {
  readonly sopInstanceUid: string;
  /** From 1. */
  readonly frameNumber: number;
}

/** Which part of the image is shown (C.10.4); columns and rows from 1, of the image before it is turned. */
export interface DisplayedArea {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Height of a pixel over its width; undefined where it says nothing. */
  readonly pixelAspect: number | undefined;
  /** Pixels of the display for one of the image (MAGNIFY); undefined = to fit. */
  readonly magnification: number | undefined;
}

/** Referenced Series Sequence (C.11.11); what no instance of the archive can be called is left out. */
export function referencedImages({ dataSet, byteOrder }: PresentationState): ReferencedImage[] {
  return (itemsOf(dataSet, Tags.ReferencedSeriesSequence) ?? []).flatMap((series) => {
    const seriesInstanceUid = usableUidOf(series, Tags.SeriesInstanceUID);
    return (itemsOf(series, Tags.ReferencedImageSequence) ?? []).flatMap((image) => {
      const sopInstanceUid = usableUidOf(image, Tags.ReferencedSOPInstanceUID);
      if (seriesInstanceUid === undefined || sopInstanceUid === undefined) return [];
      const frameNumbers = intsOf(image, Tags.ReferencedFrameNumber, byteOrder);
      return [{ seriesInstanceUid, sopInstanceUid, frameNumbers }];
    });
  });
}

function usableUidOf(dataSet: DataSet, tag: Tag): string | undefined {
  const uid = uidOf(dataSet, tag);
  return uid !== undefined && isUsableUid(uid) ? uid : undefined;
}

/** Whether an item of the presentation state applies to a frame: without references it applies to all (C.11.8). */
export function appliesTo(item: DataSet, byteOrder: ByteOrder, frame: ReferencedFrame): boolean {
  const references = itemsOf(item, Tags.ReferencedImageSequence);
  if (references === undefined || references.length === 0) return true;
  return references.some((reference) => {
    if (uidOf(reference, Tags.ReferencedSOPInstanceUID) !== frame.sopInstanceUid) return false;
    const frames = intsOf(reference, Tags.ReferencedFrameNumber, byteOrder);
    return frames === undefined || frames.includes(frame.frameNumber);
  });
}

/** The Modality LUT; undefined = none, also where the image has one (PS3.4 N.2.1.1). */
export function modalityOf({ dataSet, byteOrder }: PresentationState): ModalityLut | undefined {
  return modalityLutOf({ dataSet, byteOrder, frameIndex: 0 });
}

/** The Softcopy VOI LUT for a frame (C.11.8); undefined = none (PS3.4 N.2.1.3). */
export function softcopyVoiOf(
  { dataSet, byteOrder }: PresentationState,
  frame: ReferencedFrame,
  image: Pick<PresentationState, 'dataSet' | 'byteOrder'>,
): VoiLut | undefined {
  const items = itemsOf(dataSet, Tags.SoftcopyVOILUTSequence) ?? [];
  const item = items.find((candidate) => appliesTo(candidate, byteOrder, frame));
  const modality = modalityOf({ dataSet, byteOrder });
  return item && voiLutOfItem(item, byteOrder, isSignedOutput(image, modality));
}

/** Presentation LUT Sequence, or Presentation LUT Shape (C.11.6). */
export function presentationLutOf({ dataSet, byteOrder }: PresentationState): {
  readonly table?: LookupTable | undefined;
  readonly isInverted: boolean;
} {
  const item = itemsOf(dataSet, Tags.PresentationLUTSequence)?.[0];
  const table = item && tableOfItem(item, byteOrder, false);
  return { table, isInverted: stringOf(dataSet, Tags.PresentationLUTShape) === 'INVERSE' };
}

/** Image Rotation, then Image Horizontal Flip (C.10.6). */
export function orientationOf({ dataSet, byteOrder }: PresentationState): Orientation {
  const degrees = intOf(dataSet, Tags.ImageRotation, byteOrder) ?? 0;
  const isMirrored = stringOf(dataSet, Tags.ImageHorizontalFlip) === 'Y';
  return { quarterTurns: quarterTurnsOf(Math.round(degrees / 90)), isMirrored };
}

/** Displayed Area Selection for a frame (C.10.4); undefined where it has none that makes sense. */
export function displayedAreaOf(
  { dataSet, byteOrder }: PresentationState,
  frame: ReferencedFrame,
): DisplayedArea | undefined {
  const items = itemsOf(dataSet, Tags.DisplayedAreaSelectionSequence) ?? [];
  const item = items.find((candidate) => appliesTo(candidate, byteOrder, frame));
  if (item === undefined) return undefined;
  const [x1, y1] = intsOf(item, Tags.DisplayedAreaTopLeftHandCorner, byteOrder) ?? [];
  const [x2, y2] = intsOf(item, Tags.DisplayedAreaBottomRightHandCorner, byteOrder) ?? [];
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) return undefined;
  const isMagnified = stringOf(item, Tags.PresentationSizeMode) === 'MAGNIFY';
  const ratio = floatsOf(item, Tags.PresentationPixelMagnificationRatio, byteOrder)?.[0];
  return {
    // After a turn the top left corner shown need not be the one with the smaller numbers.
    left: Math.min(x1, x2),
    right: Math.max(x1, x2),
    top: Math.min(y1, y2),
    bottom: Math.max(y1, y2),
    pixelAspect:
      aspectOf(floatsOf(item, Tags.PresentationPixelSpacing, byteOrder)) ??
      aspectOf(intsOf(item, Tags.PresentationPixelAspectRatio, byteOrder)),
    magnification: isMagnified && ratio !== undefined && ratio > 0 ? ratio : undefined,
  };
}

/** Display Shutter (C.7.6.11, C.11.12) with its shapes; a bitmap shutter is an overlay, see {@link bitmapShutterGroup}. */
export function shutterOf({ dataSet, byteOrder }: PresentationState): DisplayShutter | undefined {
  const shapes = (stringsOf(dataSet, Tags.ShutterShape) ?? []).flatMap((term) =>
    shapeOf(term, dataSet, byteOrder),
  );
  return shapes.length === 0 ? undefined : { shapes, shade: shutterShade({ dataSet, byteOrder }) };
}

/** Group of the overlay whose set bits are covered (C.7.6.15); undefined without a bitmap shutter. */
export function bitmapShutterGroup({ dataSet, byteOrder }: PresentationState): number | undefined {
  const isBitmap = (stringsOf(dataSet, Tags.ShutterShape) ?? []).includes('BITMAP');
  return isBitmap ? intOf(dataSet, Tags.ShutterOverlayGroup, byteOrder) : undefined;
}

/** Shade of what a shutter covers: P-Values of 16 bits (C.11.12). */
export function shutterShade({ dataSet, byteOrder }: PresentationState): number {
  return (intOf(dataSet, Tags.ShutterPresentationValue, byteOrder) ?? 0) >> 8;
}

function shapeOf(term: string, dataSet: DataSet, byteOrder: ByteOrder): ShutterShape[] {
  const read = (tag: number) => intsOf(dataSet, tag, byteOrder);
  if (term === 'RECTANGULAR') {
    const [left, right, top, bottom] = [
      read(Tags.ShutterLeftVerticalEdge)?.[0],
      read(Tags.ShutterRightVerticalEdge)?.[0],
      read(Tags.ShutterUpperHorizontalEdge)?.[0],
      read(Tags.ShutterLowerHorizontalEdge)?.[0],
    ];
    if (left === undefined || right === undefined || top === undefined || bottom === undefined) return [];
    return [{ kind: 'rectangle', left, right, top, bottom }];
  }
  if (term === 'CIRCULAR') {
    const [row, column] = read(Tags.CenterOfCircularShutter) ?? [];
    const radius = read(Tags.RadiusOfCircularShutter)?.[0];
    if (row === undefined || column === undefined || radius === undefined) return [];
    return [{ kind: 'circle', row, column, radius }];
  }
  if (term !== 'POLYGONAL') return [];
  const numbers = read(Tags.VerticesOfThePolygonalShutter) ?? [];
  const vertices = Array.from(
    { length: numbers.length >> 1 },
    (_, index) => [numbers[index * 2] ?? 0, numbers[index * 2 + 1] ?? 0] as const,
  );
  return vertices.length < 3 ? [] : [{ kind: 'polygon', vertices }];
}
